"""Taking a history over: what a person chose, what was found when looking at it, and how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from qunce.insights.types.histories import Entry


class ImportState(StrEnum):
    """Where an import stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    """By a person, or cut off; what was taken over by then is there, and it can go on."""
    UNDOING = "undoing"
    UNDONE = "undone"


class AliasReason(StrEnum):
    """Why two names may be one person."""

    TAIL = "tail"
    """``nick_``, ``nick|away``: the same but for what programs and people put behind a name."""
    RENAMED = "renamed"
    """The history says that one became the other."""
    NUMBER = "number"
    """The same number stands in both."""


@dataclass(frozen=True, slots=True)
class Alias:
    """``person`` may be ``into``: senders of the format, by id and name, and how much each said."""

    person: str
    into: str
    name: str
    into_name: str
    reason: AliasReason
    messages: int
    into_messages: int


@dataclass(frozen=True, slots=True)
class Relay:
    """A sender that speaks for others: the share of its lines that begin with a name, and some of the names."""

    person: str
    name: str
    messages: int
    share: float
    names: Sequence[str]
    people: int


@dataclass(frozen=True, slots=True)
class Options:
    """How a history is taken over.

    ``zone``: the IANA name of the zone in which times without one are written; empty: as it was read before, else
    the community's. ``aliases``: (sender, the sender it is), as accepted. ``relays``: senders to be unwrapped.
    ``columns``, ``day``: as in `Reading`.
    """

    zone: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    day: datetime | None = None
    aliases: Sequence[tuple[str, str]] = ()
    relays: Sequence[str] = ()
    exclude_bots: bool = False

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        stored = asdict(self)
        return {**stored, "columns": dict(self.columns), "day": self.day.isoformat() if self.day else None}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Options":
        """As `to_json` made it."""
        return cls(
            zone=stored["zone"],
            columns=stored["columns"],
            day=datetime.fromisoformat(stored["day"]) if stored["day"] else None,
            aliases=tuple((person, into) for person, into in stored["aliases"]),
            relays=tuple(stored["relays"]),
            exclude_bots=stored["exclude_bots"],
        )


@dataclass(frozen=True, slots=True)
class Look:
    """What is in a chat, before anything is taken over.

    ``entries``: the first ones; ``skipped``: how many for which reason; ``complete``: whether all of it was read.
    ``local_time``: times stand there without a zone, ``zone`` says how they were read.
    """

    entries: Sequence[Entry]
    messages: int
    skipped: Mapping[str, int]
    people: int
    bots: int
    first: datetime | None
    last: datetime | None
    aliases: Sequence[Alias]
    relays: Sequence[Relay]
    local_time: bool
    zone: str
    complete: bool
