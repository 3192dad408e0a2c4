"""Who counts as staff where nobody is known, and how long staff were busy: rules of thumb, and labelled so."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qunce.insights.types import Facts

FIRST_DAYS = 30
MOST = 3
LEAST = 10
SHARE = 0.1
SESSION = 300.0
"""Messages of one person no further apart belong to one sitting (seconds)."""
SHORTEST = 60.0


def guessed(said: Mapping[int, int]) -> frozenset[int]:
    """Who probably leads a group of which nobody is known: who said most in its first FIRST_DAYS days.

    At most MOST people, each with at least LEAST messages and SHARE of all; ``said``: messages by person.
    Who founds a room nearly always talks most in the beginning, but not everybody who does has founded it.
    """
    whole = sum(said.values())
    ranked = sorted(said, key=lambda person: (-said[person], person))[:MOST]
    return frozenset(person for person in ranked if said[person] >= max(LEAST, SHARE * whole))


def minutes_per_day(facts: Facts) -> NDArray[np.float32]:
    """How long staff were busy in the group, by the day on which a sitting began; an estimate.

    Messages of one person at most SESSION apart are one sitting, which lasts from its first to its last message
    and a minute at least. Reading, and what is done elsewhere, is not seen.
    """
    mine = np.flatnonzero(facts.said & facts.is_staff[facts.person])
    mine = mine[np.lexsort((facts.at[mine], facts.person[mine]))]
    if not mine.size:
        return np.zeros(facts.stretch.count, np.float32)
    at, person = facts.at[mine], facts.person[mine]
    begins = np.r_[True, (person[1:] != person[:-1]) | (np.diff(at) > SESSION)]
    first = np.flatnonzero(begins)
    last = np.r_[first[1:], at.size] - 1
    lasted = np.maximum(at[last] - at[first], SHORTEST) / 60
    return np.bincount(facts.day[mine][first], weights=lasted, minlength=facts.stretch.count).astype(np.float32)
