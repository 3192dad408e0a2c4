"""Who is answered, by whom and how soon. A bot's word answers nobody; what our accounts answer counts."""

from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies.counting import counted_on, marked, new_speakers
from qunce.insights.types import Facts, Mark

WITHIN = 86_400.0
"""An answer counts that comes within a day."""


def seconds_to_answer(facts: Facts) -> NDArray[np.float64]:
    """[n] seconds until somebody else first answered each message; infinite where nobody did within a day."""
    taken = np.full(facts.at.size, np.inf)
    answers = np.flatnonzero(facts.parent >= 0)
    parent = facts.parent[answers]
    heard = facts.ours[answers] | ~facts.is_bot[facts.person[answers]]
    counts = heard & (facts.person[parent] != facts.person[answers])
    answers, parent = answers[counts], parent[counts]
    np.minimum.at(taken, parent, facts.at[answers] - facts.at[parent])
    taken[taken > WITHIN] = np.inf
    return taken


def questions(facts: Facts) -> NDArray[np.int64]:
    """The messages of the stretch that are questions of people."""
    return np.flatnonzero(marked(facts, Mark.QUESTION))


def settled(facts: Facts) -> NDArray[np.bool_]:
    """[days] whether a whole day has passed since: the last day of the stretch is too near to be judged."""
    judged = np.ones(facts.stretch.count, np.bool_)
    judged[-1:] = False
    return judged


def unanswered_per_day(facts: Facts) -> NDArray[np.float32]:
    """Questions of each day that nobody else answered within a day; NaN on the last day."""
    asked = questions(facts)
    open_still = asked[np.isinf(seconds_to_answer(facts)[asked])]
    counts = counted_on(facts, facts.day[open_still].astype(np.int64))
    counts[~settled(facts)] = np.nan
    return counts


def response_per_day(facts: Facts) -> NDArray[np.float32]:
    """The median seconds to the first answer to each day's questions; NaN where none was answered."""
    asked = questions(facts)
    taken = seconds_to_answer(facts)[asked]
    answered = np.isfinite(taken)
    days, seconds = facts.day[asked][answered], taken[answered]
    medians = np.full(facts.stretch.count, np.nan, np.float32)
    for day in np.unique(days):
        medians[day] = np.median(seconds[days == day])
    return medians


def unanswered_share(facts: Facts) -> float | None:
    """The share of questions, those of the last day apart, that nobody else answered within a day."""
    asked = questions(facts)
    asked = asked[settled(facts)[facts.day[asked]]]
    return float(np.isinf(seconds_to_answer(facts)[asked]).mean()) if asked.size else None


def median_response(facts: Facts) -> float | None:
    """The median seconds to the first answer to questions that were answered within a day."""
    taken = seconds_to_answer(facts)[questions(facts)]
    taken = taken[np.isfinite(taken)]
    return float(np.median(taken)) if taken.size else None


def welcomed(facts: Facts, *, by_name: bool) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The day on which each new speaker first spoke, and whether somebody turned to them within a day.

    Turned to: answered, or addressed by name. ``by_name``: greeted, with a name or as an answer.
    """
    people, days = new_speakers(facts)
    since = np.full(len(facts.people), np.inf)
    since[people] = facts.first_at[people]
    met = np.zeros(len(facts.people), np.bool_)
    turning = ~facts.is_bot[facts.person] | facts.ours
    if by_name:
        turning &= (facts.marks & int(Mark.GREETING)) != 0
    for whom in (np.where(facts.parent >= 0, facts.person[facts.parent], -1), facts.addressed):
        at = np.flatnonzero(turning & (whom >= 0) & (whom != facts.person))
        passed = facts.at[at] - since[whom[at]]
        met[whom[at][(passed >= 0) & (passed <= WITHIN)]] = True
    return days, met[people]


def welcomed_per_day(facts: Facts, *, by_name: bool) -> NDArray[np.float32]:
    """New speakers of each day to whom somebody turned within a day; NaN on the last day."""
    days, met = welcomed(facts, by_name=by_name)
    counts = counted_on(facts, days[met])
    counts[~settled(facts)] = np.nan
    return counts


def welcomed_in_all(facts: Facts, *, by_name: bool) -> float:
    """New speakers of the stretch to whom somebody turned within a day."""
    return float(welcomed(facts, by_name=by_name)[1].sum())


def speak_within(facts: Facts, days: int) -> float | None:
    """The share of those who joined, so many days before the end or earlier, who spoke within so many days.

    Who spoke before joining again is no newcomer and is left out.
    """
    span = days * 86_400.0
    begin, end = bounds(facts)
    inside = (facts.joined_at >= begin) & (facts.joined_at <= end - span)
    at, person = facts.joined_at[inside], facts.joined_person[inside]
    known = person >= 0
    first = np.full(at.size, np.inf)
    first[known] = facts.first_at[person[known]]
    new = first >= at
    return float((first[new] - at[new] <= span).mean()) if new.any() else None


def bounds(facts: Facts) -> tuple[float, float]:
    """When the stretch begins and ends, in seconds since 1970."""
    begin = datetime.combine(facts.stretch.first, time(), facts.zone)
    end = datetime.combine(facts.stretch.last + timedelta(days=1), time(), facts.zone)
    return begin.timestamp(), end.timestamp()
