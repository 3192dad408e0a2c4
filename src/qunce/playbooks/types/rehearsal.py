"""What a rehearsal has shown: the same for the page, the command and JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Simulated:
    """Groups that do not exist: so many, with about so many members each; the same ``seed``, the same rehearsal."""

    groups: int = 500
    members: int = 80
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Said:
    """A message at its time. ``group_id``: the real group. ``waited``: minutes for quiet hours or a cap."""

    at: datetime
    group_id: int
    group: str
    step: str
    text: str
    unasked: bool
    waited: int = 0
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What a group hears, or an operator has to do. ``minutes``: of a person's time in all."""

    name: str
    total: int
    busiest: int
    busiest_day: str
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Clash:
    """Something else that speaks in these groups at nearly the same time."""

    step: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of its platform's allowance of a day an account uses on its busiest day; ``most`` None: no limit."""

    account: str
    busiest: int
    most: int | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What would not happen: a step, why (a message id), and how often."""

    step: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The whole. ``notes``: what in it is simulated (message ids). ``stopped_early``: time was up before the end.

    ``simulated``: its groups do not exist; their numbers stand for their ids.
    """

    key: str
    title: str
    began_at: datetime
    ended_at: datetime
    groups: int
    members: int
    tracks: int
    answers: int
    minutes: int
    seconds: float
    messages: Sequence[Said] = ()
    by_group: Sequence[Load] = ()
    by_operator: Sequence[Load] = ()
    by_day: Mapping[str, int] = field(default_factory=dict)
    clashes: Sequence[Clash] = ()
    quotas: Sequence[Quota] = ()
    left_out: Sequence[LeftOut] = ()
    notes: Sequence[str] = ()
    stopped_early: bool = False
    zone: str = "UTC"
    """That of most of its groups: how times are best shown."""
    simulated: bool = False

    def to_json(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return found

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Rehearsal":
        """Read again what ``to_json`` gave."""
        return _ADAPTER.validate_python(dict(data))


_ADAPTER: TypeAdapter[Rehearsal] = TypeAdapter(Rehearsal)
