"""What passes between the engine and the kinds of steps and triggers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from qunce.community.types import GroupFacts

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Addressed:
    """The member whom a track follows, and the identity under which the group knows them."""

    member_id: int
    identity_id: int
    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step that is to be carried out on one track.

    ``key``: unique to (track, step, occurrence of the step); what it makes (deliveries, tasks, calls) carries it,
    so that doing it again changes nothing. ``config``: an instance of the kind's Config.
    ``data``: what earlier steps of the track have left, by step id. ``values``: what texts are filled in with.
    ``woken``: what the step waited for has happened, with what came of it; ``timed_out``: its wait is over
    without it. Both are unset the first time. ``asked_by``: the staff member who began the run.
    ``by_member``: the member's own doing began the track, so what concerns only them is no campaign.
    """

    key: str
    track_id: UUID
    run_id: int
    step_id: str
    occurrence: int
    group: GroupFacts
    member: Addressed | None
    config: Any
    data: Mapping[str, Mapping[str, Any]]
    values: Mapping[str, str]
    began_at: datetime
    due_at: datetime
    now: datetime
    asked_by: int | None = None
    woken: Mapping[str, Any] | None = None
    timed_out: bool = False
    by_member: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The step is through. ``data`` (JSON-able) is kept for later steps and pages; ``skipped``: why not."""

    data: Mapping[str, Any] = field(default_factory=dict)
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """The step is asked again at ``at``, as timed out."""

    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitFor:
    """The step is asked again when ``event`` (a key such as ``task:…``) happens, or at ``until`` as timed out."""

    event: str
    until: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Branch:
    """The step is through; the track goes on along the named path, or behind the step where it has no such path."""

    path: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """The step is through, and the track ends here: as done, or, with a ``reason`` (a message id), as stopped."""

    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be done: ``reason`` is an untranslated message id. ``again``: after so long, or a person looks."""

    reason: str
    again: timedelta | None = None


Outcome: TypeAlias = Done | WaitUntil | WaitFor | Branch | End | Failed


@dataclass(frozen=True, slots=True)
class Start:
    """A target that begins: ``occurrence`` tells the times apart that it begins (the day as 20261224, say)."""

    group_id: int
    member_id: int | None
    at: datetime
    occurrence: int = 0
    data: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
