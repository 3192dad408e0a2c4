"""What is read out of texts: what each message answers and what it is about, week by week.

A week is understood by itself, from its messages and the last ones before it, so that it is understood the same
whatever else is read. Filling series keeps what was understood; it holds as long as the week is word for word the
same, which its fingerprint says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from qunce.chat.selectors.columns import Columns
from qunce.insights.models import Understood
from qunce.insights.policies import replies, texts
from qunce.insights.policies.zones import DAY

METHOD = 1
"""Raised when texts are understood in another way: what was kept no longer holds then."""
_CONTEXT = 100
"""So many messages of the day before are read with a week's, to see what it begins with."""


@dataclass(frozen=True, slots=True)
class Week:
    """What was understood of one week. ``back``: so many messages back is what each answers; 0: nothing."""

    number: int
    fingerprint: int
    back: NDArray[np.int32]
    marks: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was understood of all messages; ``fresh``: the weeks that were not kept yet."""

    parent: NDArray[np.int32]
    marks: NDArray[np.uint16]
    fresh: Sequence[Week]


def understand(
    group_id: int,
    found: Columns,
    person: NDArray[np.int32],
    names: Sequence[str],
    *,
    days: NDArray[np.int64],
    lead: int,
) -> Understanding:
    """What messages answer, as the platform says or as it is inferred, and their marks; from an index on.

    ``days``: since 1970, in the group's zone.
    """
    parent, marks = found.answers.copy(), np.zeros(found.at.size, np.uint16)
    weeks = (days + 3) // 7  # 1970-01-01 was a Thursday, weeks begin on Monday
    wanted = np.unique(weeks[lead:]).tolist()
    kept = {
        number: (fingerprint, back, about)
        for number, fingerprint, back, about in Understood.objects.filter(
            group_id=group_id, week__among=wanted
        ).values_list("week", "fingerprint", "back", "marks")
    }
    fresh = []
    for number in wanted:
        begin, end = np.searchsorted(weeks, [number, number + 1]).tolist()
        since = max(begin - _CONTEXT, int(np.searchsorted(found.at, found.at[begin] - DAY)))
        window = _Window(found, person, names, since, end)
        fingerprint, back, about = kept.get(number, (None, b"", b""))
        if fingerprint == window.fingerprint:
            week = Week(number, fingerprint, np.frombuffer(back, "<i4"), np.frombuffer(about, "<u2"))
        else:
            week = Week(number, window.fingerprint, window.back(begin), window.marks(begin))
            fresh.append(week)
        answering = np.flatnonzero((week.back > 0) & (parent[begin:end] < 0))
        parent[begin + answering] = begin + answering - week.back[answering]
        marks[begin:end] = week.marks
    marks[:lead] = 0
    return Understanding(parent, marks, fresh)


class _Window:
    """The messages of a week with those before it."""

    def __init__(self, found: Columns, person: NDArray[np.int32], names: Sequence[str], since: int, end: int) -> None:
        self._found, self._since, self._end = found, since, end
        speakers, self._person = np.unique(person[since:end], return_inverse=True)
        self._names = [names[each] for each in speakers.tolist()]
        here = found.answers[since:end]
        self._said = np.where(here >= since, here - since, -1).astype(np.int32)
        parts = (
            f"{METHOD} {since - end} {self._names}".encode(),
            found.at[since:end].tobytes(),
            self._person.astype("<i4").tobytes(),
            self._said.tobytes(),
            found.texts.piece(since, end),
        )
        digest = blake2b(digest_size=8)
        for part in parts:
            digest.update(part)
        self.fingerprint = int.from_bytes(digest.digest(), "little", signed=True)

    def back(self, begin: int) -> NDArray[np.int32]:
        """How far back is what each message from an index on answers, as it is inferred."""
        inferred = replies.infer(
            self._found.at[self._since : self._end],
            self._person.astype(np.int32),
            self._found.texts[self._since : self._end],
            self._names,
            self._said,
        )
        place = np.arange(inferred.size, dtype=np.int32)
        return np.where(inferred >= 0, place - inferred, 0)[begin - self._since :].astype("<i4")

    def marks(self, begin: int) -> NDArray[np.uint16]:
        """What each message from an index on is about."""
        about = map(texts.marks, self._found.texts[begin : self._end])
        return np.fromiter(about, "<u2", self._end - begin)
