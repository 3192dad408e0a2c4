"""Statistics of who says how much, when, and for how long they stay: of plain arrays, and of one group's facts.

Definitions are those that people know them by (CHAOSS, Kaplan and Meier, Goh and Barabási, Gini); each says its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies.counting import humans, mine_per_person, speaker_days
from qunce.insights.policies.zones import DAY, day_numbers, local_seconds, months
from qunce.insights.types import Facts

Counts = NDArray[np.int64]
SILENT = 30
"""Who was silent for more than so many days before the end counts as gone."""
SURVIVAL_DAYS = (1, 7, 30, 90, 180, 365)
MONTH = 30
_HALF = 0.5
_ROUNDING = 1e-12


# ------------------------------------------------------------------ how unequal
def gini(counts: Counts) -> float | None:
    """``2·Σ(i·x_i)/(n·Σx) − (n+1)/n`` of those with at least one, ascending, without a small-sample correction."""
    said = np.sort(counts[counts > 0]).astype(np.float64)
    if not said.size:
        return None
    place = np.arange(1, said.size + 1)
    return float(2 * (place * said).sum() / (said.size * said.sum()) - (said.size + 1) / said.size)


def lorenz(counts: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The curve behind `gini`: up to which share of people (least first), which share of all; both begin at 0."""
    said = np.sort(counts[counts > 0]).astype(np.float64)
    share = np.cumsum(said) / said.sum() if said.size else said
    return np.linspace(0, 1, said.size + 1), np.r_[0.0, share]


def share_of_busiest(counts: Counts, people: int) -> float | None:
    """The share of all that the ``people`` busiest said."""
    whole = counts.sum()
    return float(np.sort(counts)[::-1][:people].sum() / whole) if whole else None


def share_of_top(counts: Counts, part: float) -> float | None:
    """The share of all that the busiest ``ceil(n·part)`` of those with at least one said."""
    return share_of_busiest(counts, ceil(int((counts > 0).sum()) * part))


def absence_factor(counts: Counts) -> int | None:
    """The fewest people who together said at least half of all (CHAOSS, contributor absence factor)."""
    whole = int(counts.sum())
    if not whole:
        return None
    return int(np.searchsorted(np.cumsum(np.sort(counts)[::-1]) * 2, whole) + 1)


# ------------------------------------------------------------------ in what rhythm
def burstiness(at: NDArray[np.float64]) -> float | None:
    """``(σ − μ)/(σ + μ)`` of the gaps between successive moments: −1 regular, 0 by chance, towards 1 in bursts.

    Population σ (Goh and Barabási 2008). Strongly biased towards regular where there are few gaps.
    """
    gaps = np.diff(at)
    if gaps.size < 2 or not gaps.any():  # noqa: PLR2004 (one gap has no spread)
        return None
    spread, mean = gaps.std(), gaps.mean()
    return float((spread - mean) / (spread + mean))


def seconds_to_next_other(at: NDArray[np.float64], person: NDArray[np.int32]) -> NDArray[np.float64]:
    """For each message the seconds to the next one by anybody else; the last ones, without any, are left out."""
    turn = np.flatnonzero(person[1:] != person[:-1]) + 1
    following = np.searchsorted(turn, np.arange(at.size), side="right")
    has = following < turn.size
    return at[turn[following[has]]] - at[has]


def week(at_local: NDArray[np.float64]) -> Counts:
    """Messages by weekday (Monday first) and hour, [7, 24]."""
    hours = np.floor_divide(at_local, 3600).astype(np.int64)
    cells = (hours // 24 + 3) % 7 * 24 + hours % 24  # 1970-01-01 was a Thursday
    return np.bincount(cells, minlength=168).reshape(7, 24)


def heatmap(facts: Facts) -> Counts:
    """What people said by weekday (Monday first) and hour of the group's zone, [7, 24]."""
    return week(local_seconds(facts.at[facts.said], facts.zone))


def busiest_hour_share(facts: Facts) -> float | None:
    """The share of what people said that falls into the busiest hour of the day."""
    hours = heatmap(facts).sum(axis=0)
    return float(hours.max() / hours.sum()) if hours.any() else None


# ------------------------------------------------------------------ for how long
@dataclass(frozen=True, slots=True)
class Survival:
    """Which share is still there after how many days (Kaplan and Meier, right-censored)."""

    days: NDArray[np.float64]
    """When somebody left, ascending."""
    share: NDArray[np.float64]
    """The share still there just after."""
    people: int
    events: int
    """How many of the people have gone; of the others nobody knows yet."""

    def at(self, days: float) -> float:
        """The share still there just after so many days."""
        passed = int(np.searchsorted(self.days, days, side="right"))
        return float(self.share[passed - 1]) if passed else 1.0

    @property
    def median(self) -> float | None:
        """After how many days half of them or fewer are there; None: not yet."""
        gone = np.flatnonzero(self.share <= _HALF + _ROUNDING)
        return float(self.days[gone[0]]) if gone.size else None


def kaplan_meier(durations: NDArray[np.float64], gone: NDArray[np.bool_]) -> Survival:
    """Survival from how long each was there, and whether they have gone or were merely last seen then."""
    times, left = np.unique(durations[gone], return_counts=True)
    at_risk = durations.size - np.searchsorted(np.sort(durations), times, side="left")
    share = np.cumprod(1 - left / at_risk).astype(np.float64)
    return Survival(times, share, int(durations.size), int(gone.sum()))


def lives(at: NDArray[np.float64], person: NDArray[np.int32], people: int) -> tuple[NDArray[np.float64], ...]:
    """The first and the last moment of each of the people; infinite for those without any."""
    first, last = np.full(people, np.inf), np.full(people, -np.inf)
    np.minimum.at(first, person, at)
    np.maximum.at(last, person, at)
    return first, last


def survival(first: NDArray[np.float64], last: NDArray[np.float64], end: float) -> Survival:
    """Of speakers: from first to last message; gone is who was silent for more than SILENT days before ``end``."""
    return kaplan_meier((last - first) / DAY, (end - last) > SILENT * DAY)


def survival_curve(facts: Facts) -> Survival:
    """Survival of those who first spoke in the stretch, from message to message, up to the last message of it."""
    said = facts.said
    first, last = lives(facts.at[said], facts.person[said], len(facts.people))
    new = np.isfinite(first) & (facts.first_at >= first)
    return survival(first[new], last[new], float(facts.at[said][-1]) if said.any() else 0.0)


# ------------------------------------------------------------------ month by month
@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who first spoke in one month: how many, and which share spoke 0, 1, 2 … months later."""

    month: int
    """Months since January 1970 (`zones.month_name`)."""
    size: int
    shares: Sequence[float]


@dataclass(frozen=True, slots=True)
class Population:
    """Who spoke in one month: for the first time, as in the month before, or back; and who fell silent."""

    month: int
    new: int
    stayed: int
    returning: int
    lapsed: int


def active_months(days: Counts, person: Counts) -> tuple[Counts, Counts]:
    """Each (month, person) with a message, once, in order of the month; ``days`` since 1970."""
    pairs = np.unique(np.stack([months(days), person]), axis=1)
    return pairs[0], pairs[1]


def days_in(month: int) -> int:
    """How many days a month (since January 1970) has."""
    begin, end = np.array([month, month + 1]).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return int(end - begin)


def _active(facts: Facts) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(month, person) of the stretch, and the month of each person's first message ever."""
    said = facts.said
    month, person = active_months(day_numbers(facts.at[said], facts.zone), facts.person[said].astype(np.int64))
    return month, person, months(day_numbers(facts.first_at, facts.zone))


def cohorts(facts: Facts) -> list[Cohort]:
    """By the month of people's first message: which share spoke in each later month of the stretch."""
    month, person, first = _active(facts)
    if not month.size:
        return []
    end, begin = int(month[-1]), int(month[0])
    born = np.where(humans(facts), first, -1)
    made = []
    for start in range(begin, end + 1):
        size = int((born == start).sum())
        later = month[first[person] == start] - start
        counts = np.bincount(later, minlength=end - start + 1)
        if size:
            made.append(Cohort(start, size, [float(count / size) for count in counts]))
    return made


def population(facts: Facts) -> list[Population]:
    """Month by month: new, stayed, returning and lapsed people; the first month knows nobody from before it."""
    month, person, first = _active(facts)
    made: list[Population] = []
    before: set[int] = set()
    for each in range(int(month[0]), int(month[-1]) + 1) if month.size else ():
        now = set(person[month == each].tolist())
        new = {one for one in now if first[one] == each}
        stayed = now & before
        made.append(Population(each, len(new), len(stayed), len(now - new - stayed), len(before - now)))
        before = now
    return made


def next_month(month: NDArray[np.int64], person: NDArray[np.int64], first: NDArray[np.int64]) -> tuple[int, int]:
    """Of those who first spoke in a month before the last one: how many, and how many spoke in the next month."""
    if not month.size:
        return 0, 0
    begin, last = month.min(), month.max()
    eligible = np.unique(person)
    eligible = eligible[(first[eligible] >= begin) & (first[eligible] < last)]
    back = np.unique(person[month == first[person] + 1])
    return int(eligible.size), int(np.isin(back, eligible).sum())


def retention(facts: Facts) -> float | None:
    """The share of those who first spoke in a month who spoke in the next one too, pooled over the months."""
    size, back = next_month(*_active(facts))
    return back / size if size else None


def stickiness(facts: Facts) -> float | None:
    """Mean daily active people by all active people, over the last MONTH days; silent days count."""
    days = min(MONTH, facts.stretch.count)
    said = facts.said & (facts.day >= facts.stretch.count - days)
    day, person = speaker_days(facts, said)
    return float(day.size / days / np.unique(person).size) if day.size else None


def messages_per_person(facts: Facts) -> Counts:
    """How much each person said in the stretch, [p]; 0 for bots and who only spoke before."""
    return mine_per_person(facts, facts.said)
