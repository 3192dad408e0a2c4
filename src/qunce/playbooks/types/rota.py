"""A role that goes round: whose turn it is, and how a turn went."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class TurnState(StrEnum):
    """Planned; they have said yes; it was kept; it was missed and nobody stood in."""

    PLANNED = "planned"
    ACCEPTED = "accepted"
    KEPT = "kept"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Place:
    """A person's place in the order. ``away``: days on which they cannot, first and last."""

    member_id: int
    away_from: date | None = None
    away_until: date | None = None

    def can(self, day: date) -> bool:
        """Whether they are there on that day."""
        since, until = self.away_from or date.min, self.away_until or date.max
        return (self.away_from is None and self.away_until is None) or not since <= day <= until


@dataclass(frozen=True, slots=True)
class Had:
    """A turn that is settled or planned: it was this member's, whoever stood in."""

    member_id: int
    day: date
