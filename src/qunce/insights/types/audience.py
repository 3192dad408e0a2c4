"""How people come into a community and stay: the funnel, and cohorts by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Rung(StrEnum):
    """How far a newcomer has come."""

    CAME = "came"
    SPOKE = "spoke"
    """Said something within seven days."""
    AGAIN = "again"
    """Said something again after the first week and within thirty days of entering."""
    STAYED = "stayed"
    """Is still in one of the groups, thirty days after entering."""


class Outcome(StrEnum):
    """Whether a newcomer took a rung."""

    TOOK = "took"
    MISSED = "missed"
    EARLY = "early"
    """There is still time."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who came, and what became of it."""

    member_id: int
    name: str
    at: datetime
    outcomes: Mapping[Rung, Outcome]


@dataclass(frozen=True, slots=True)
class Funnel:
    """Newcomers of one stretch, those who came first on top."""

    first: date
    last: date
    newcomers: Sequence[Newcomer]

    def people(self, rung: Rung, outcome: Outcome) -> list[Newcomer]:
        """Those for whom it went so."""
        return [each for each in self.newcomers if each.outcomes[rung] is outcome]

    def count(self, rung: Rung, outcome: Outcome = Outcome.TOOK) -> int:
        """How many they are."""
        return sum(each.outcomes[rung] is outcome for each in self.newcomers)

    def share(self, rung: Rung) -> float | None:
        """Of those who have had the time, how many took it; None where nobody has."""
        took, missed = self.count(rung), self.count(rung, Outcome.MISSED)
        return took / (took + missed) if took + missed else None


@dataclass(frozen=True, slots=True)
class Cohort:
    """People who first spoke in one month: how many, and how many of them spoke in each month since.

    ``active[0]`` is the month itself; the present month is not over and left out.
    """

    month: date
    size: int
    active: Sequence[int]
