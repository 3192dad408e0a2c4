"""What was said in one group over a stretch of time, as columns of numbers: what metrics are computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntFlag
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray


class Mark(IntFlag):
    """What a text is about, as far as rules of thumb tell (`policies.texts.marks`)."""

    QUESTION = 1
    LINK = 2
    ADVERT = 4
    GREETING = 8
    WE = 16
    """Speaks of the group as "we": belonging."""
    ANGER = 32
    THANKS = 64


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole days of a group's zone: ``count`` of them, beginning with ``first``."""

    first: date
    count: int

    @property
    def last(self) -> date:
        """The last of its days."""
        return self.first + timedelta(days=self.count - 1)

    def days(self) -> list[date]:
        """Each of its days."""
        return [self.first + timedelta(days=passed) for passed in range(self.count)]


@dataclass(frozen=True, slots=True)
class Facts:
    """The columns of one group. Messages are in order of time; ``n`` of them, said by ``p`` people.

    A person is a member: all identities that belong together. Where a metric is asked of raw senders, every
    identity is a person of its own.
    """

    group_id: int
    zone: ZoneInfo
    stretch: Stretch
    lead: int
    """How many messages at the beginning were said before the stretch; they are only looked back at."""
    at: NDArray[np.float64]
    """[n] seconds since 1970, UTC."""
    day: NDArray[np.int32]
    """[n] days since the first day of the stretch, in the group's zone; negative in the lead."""
    person: NDArray[np.int32]
    """[n] index into the people."""
    parent: NDArray[np.int32]
    """[n] index of the message that is answered, as the platform says or as it is inferred; -1: none."""
    inferred: NDArray[np.bool_]
    """[n] whether `parent` is inferred."""
    marks: NDArray[np.uint16]
    """[n] `Mark` bits."""
    ours: NDArray[np.bool_]
    """[n] sent by an account of ours."""
    people: Sequence[int]
    """[p] member ids (identity ids, where raw senders are asked for)."""
    names: Sequence[str]
    """[p]"""
    is_bot: NDArray[np.bool_]
    """[p]"""
    is_staff: NDArray[np.bool_]
    """[p] the team, and those who lead the group."""
    first_at: NDArray[np.float64]
    """[p] when they first spoke in this group, ever; seconds since 1970."""
    joined_at: NDArray[np.float64]
    """[j] known joins, in order of time, and who joined: `joined_person` (-1: never spoke)."""
    joined_person: NDArray[np.int32]
    left_at: NDArray[np.float64]
    left_person: NDArray[np.int32]

    @property
    def said(self) -> NDArray[np.bool_]:
        """[n] what people said in the stretch: no bots, none of ours."""
        counted = ~self.ours & ~self.is_bot[self.person]
        counted[: self.lead] = False
        return counted
