"""What was said in one group over a stretch of time, as columns of numbers: what metrics are computed from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import IntFlag
from uuid import UUID
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
    ids: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, "V16"))
    """[n] the messages' ids, as the sixteen bytes of each."""
    addressed: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    """[n] which of the people is addressed by name or mention; -1: nobody that we know."""
    present: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    """[days] members known to be there at the end of each day of the stretch; NaN: not known."""
    observed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    """[days] whether all that was said on that day of the stretch could be read."""
    staff_is_guessed: bool = False
    """Nobody is known as staff: `is_staff` are those who said most in the group's first weeks."""
    texts: Sequence[str] = ()
    """[n] what was said; empty where only numbers were asked for."""

    def __post_init__(self) -> None:
        """Columns that were left out say that nothing is known; every day counts as observed."""
        unknown = {
            "ids": np.zeros(self.at.size, "V16"),
            "addressed": np.full(self.at.size, -1, np.int32),
            "present": np.full(self.stretch.count, np.nan, np.float32),
            "observed": np.ones(self.stretch.count, np.bool_),
        }
        for name, column in unknown.items():
            if getattr(self, name).size != column.size:
                object.__setattr__(self, name, column)

    def key(self, index: int) -> tuple[int, datetime, UUID]:
        """The key (group, sent_at, id) of a message: what it is opened by."""
        sent_at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=round(float(self.at[index]) * 1e6))
        return self.group_id, sent_at, UUID(bytes=self.ids[index].tobytes())

    @property
    def said(self) -> NDArray[np.bool_]:
        """[n] what people said in the stretch: no bots, none of ours."""
        counted = ~self.ours & ~self.is_bot[self.person]
        counted[: self.lead] = False
        return counted
