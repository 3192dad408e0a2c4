"""Counts per day of one group's facts: what daily metrics are made of."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies.zones import day_numbers
from qunce.insights.types import Facts, Mark

AWAY = 30
"""Who has said nothing for so many days and speaks again comes back."""
_DAY = 86_400.0


def per_day(facts: Facts, wanted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How many of the wanted messages were said on each day."""
    days = facts.day[wanted]
    return np.bincount(days[days >= 0], minlength=facts.stretch.count)[: facts.stretch.count].astype(np.float32)


def marked(facts: Facts, mark: Mark) -> NDArray[np.bool_]:
    """What people said in the stretch that has a mark."""
    has: NDArray[np.bool_] = (facts.marks & int(mark)) != 0
    return facts.said & has


def staffs(facts: Facts) -> NDArray[np.bool_]:
    """What staff said in the stretch."""
    return facts.said & facts.is_staff[facts.person]


def bots(facts: Facts) -> NDArray[np.bool_]:
    """What bots and our own accounts said in the stretch."""
    said = facts.ours | facts.is_bot[facts.person]
    said[: facts.lead] = False
    return said


def speaker_days(facts: Facts, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each (day, person) with at least one of the wanted messages, once, in order of the day."""
    people = max(len(facts.people), 1)
    first = int(facts.day.min(initial=0))
    pairs = np.unique((facts.day[wanted].astype(np.int64) - first) * people + facts.person[wanted])
    return pairs // people + first, pairs % people


def people_per_day(facts: Facts, wanted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How many people said at least one of the wanted messages, by day."""
    day, _ = speaker_days(facts, wanted)
    return np.bincount(day[day >= 0], minlength=facts.stretch.count)[: facts.stretch.count].astype(np.float32)


def mine_per_person(facts: Facts, wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of the wanted messages each person said, [p]."""
    return np.bincount(facts.person[wanted], minlength=len(facts.people))


def days_of(facts: Facts, moments: NDArray[np.float64]) -> NDArray[np.int64]:
    """The day of the stretch on which each moment was; negative before it."""
    return day_numbers(moments, facts.zone) - (facts.stretch.first - date(1970, 1, 1)).days


def counted_on(facts: Facts, days: NDArray[np.int64]) -> NDArray[np.float32]:
    """How many of these days fall on each day of the stretch."""
    inside = days[(days >= 0) & (days < facts.stretch.count)]
    return np.bincount(inside, minlength=facts.stretch.count).astype(np.float32)


def humans(facts: Facts) -> NDArray[np.bool_]:
    """[p] who is no bot and said something that no account of ours sent."""
    spoke = np.zeros(len(facts.people), np.bool_)
    spoke[facts.person[~facts.ours]] = True
    return spoke & ~facts.is_bot


def new_speakers(facts: Facts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """People (indices) who spoke in the group for the first time ever within the stretch, and on which day of it."""
    people = np.flatnonzero(humans(facts))
    days = days_of(facts, facts.first_at[people])
    inside = (days >= 0) & (days < facts.stretch.count)
    return people[inside], days[inside]


def returning(facts: Facts) -> NDArray[np.float32]:
    """People who spoke on a day, not in the AWAY days before it, but at some time before those."""
    spoken = ~facts.ours & ~facts.is_bot[facts.person]
    day, person = speaker_days(facts, spoken)
    order = np.lexsort((day, person))
    day, person = day[order], person[order]
    before = np.full(day.size, -(10**9), np.int64)
    same = np.flatnonzero(person[1:] == person[:-1]) + 1
    before[same] = day[same - 1]
    first = days_of(facts, facts.first_at)[person]
    back = (first < day - AWAY) & (before < day - AWAY) & (day >= 0)
    return counted_on(facts, day[back])


def top_share(facts: Facts) -> NDArray[np.float32]:
    """The busiest person's share of each day's messages; NaN on days without any."""
    said = facts.said
    people = max(len(facts.people), 1)
    pairs, counts = np.unique(facts.day[said].astype(np.int64) * people + facts.person[said], return_counts=True)
    most = np.zeros(facts.stretch.count)
    np.maximum.at(most, pairs // people, counts)
    return ratio(most, per_day(facts, said))


def ratio(part: NDArray[np.floating], whole: NDArray[np.floating]) -> NDArray[np.float32]:
    """Part by whole, day by day; NaN where there is no whole."""
    shares = np.full(whole.size, np.nan, np.float32)
    some = whole > 0
    shares[some] = part[some] / whole[some]
    return shares


def outflow(facts: Facts) -> float | None:
    """Of those who spoke in the first half of the stretch, the share who said nothing in the second."""
    half = facts.stretch.count // 2
    early = np.unique(facts.person[facts.said & (facts.day < half)])
    late = np.unique(facts.person[facts.said & (facts.day >= half)])
    return share(np.setdiff1d(early, late).size, early.size)


# ------------------------------------------------------------------ one number of many, None where there is none
def share(part: float, whole: float) -> float | None:
    """Part by whole."""
    return float(part / whole) if whole else None


def median(values: NDArray[np.float64]) -> float | None:
    """The middle one."""
    return float(np.median(values)) if values.size else None


def mean_known(values: NDArray[np.float32]) -> float | None:
    """The mean of the days that have a number."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def last_known(values: NDArray[np.float32]) -> float | None:
    """The number of the last day that has one."""
    known = values[~np.isnan(values)]
    return float(known[-1]) if known.size else None


def none_or_float(value: int | None) -> float | None:
    """A count as a number of a metric."""
    return None if value is None else float(value)
