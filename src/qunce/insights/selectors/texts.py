"""What is talked about in a group: keywords, topics over time, the picture of its words, each with its messages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import numpy as np
from django.core.cache import cache
from numpy.typing import NDArray

from qunce.chat.selectors import columns as chat
from qunce.chat.selectors.columns import Columns
from qunce.community import selectors as community
from qunce.insights.policies import texts
from qunce.insights.selectors.dictionary import terms
from qunce.insights.selectors.facts import midnight, zone_of
from qunce.insights.types import Keyword, Stretch, Talk, Topic
from qunce.insights.types.health import MessageKey
from qunce.kernel import pictures
from qunce.kernel.actor import Actor
from qunce.kernel.folding import normalise
from qunce.members.selectors import columns as members

MOST = 30_000
"""Of more messages, stretches of `_TOGETHER` that are spread evenly are looked at: some three seconds of work."""
_TOGETHER = 300
_LOOKED_BACK = timedelta(days=28)
"""What is said is held against at least so long a past."""
_REMEMBERED = 3600
_TALKATIVE = 5
"""The names of people who said so much are no words: they are called by them."""
CLOUD = 120


def said(group_id: int, stretch: Stretch) -> Iterator[tuple[MessageKey, datetime, int, str]]:
    """What people said in a group: key, moment, identity and text, in order; no bots, none of ours.

    No guard: for computing, not for pages.
    """
    found = _heard(group_id, stretch)
    for index in found.counted.tolist():
        key = found.key(index)
        yield key, key[1], int(found.columns.identity[index]), found.columns.texts[index]


def talk_of(actor: Actor, group_id: int, stretch: Stretch) -> Talk:
    """What was talked about in a group over a stretch. NotFound where the actor may not see the group.

    Remembered for an hour, and only as long as nothing more is said in the stretch.
    """
    home = community.group(actor, group_id)
    own = terms(home.community_id)
    counted = chat.said_between(group_id, stretch.first, stretch.last)
    of = f"{group_id} {stretch} {sum(counted.values())} {own}"
    name = f"talk:{sha256(of.encode()).hexdigest()}"
    remembered: Talk | None = cache.get(name)
    if remembered is None:
        remembered = _talk(group_id, stretch, own)
        cache.set(name, remembered, _REMEMBERED)
    return remembered


def topics_of(actor: Actor, group_id: int, stretch: Stretch) -> Sequence[Topic[MessageKey]]:
    """The topics of a group, the greatest first, each with its part of every week and messages that show it."""
    return talk_of(actor, group_id, stretch).topics


def keywords_of(actor: Actor, group_id: int, stretch: Stretch) -> Sequence[Keyword[MessageKey]]:
    """The words that stand out in a group, against its own past where it has one, with messages that show them."""
    return talk_of(actor, group_id, stretch).keywords


def cloud_of(
    actor: Actor, group_id: int, stretch: Stretch, *, width: int = 1200, height: int = 675, dark: bool = False
) -> bytes | None:
    """The picture of a group's words, as a PNG; None where too little was said."""
    words = talk_of(actor, group_id, stretch).words
    return pictures.word_cloud(words, width=width, height=height, dark=dark) if words else None


# ------------------------------------------------------------------ how it is found
@dataclass(frozen=True, slots=True)
class _Heard:
    """A stretch of a group: ``counted`` are the indexes of what people said."""

    group_id: int
    columns: Columns
    counted: NDArray[np.int64]
    names: frozenset[str]

    def key(self, index: int) -> MessageKey:
        sent_at = datetime.fromtimestamp(float(self.columns.at[index]), UTC)
        return self.group_id, sent_at, UUID(bytes=self.columns.ids[index].tobytes())

    def some(self, most: int) -> NDArray[np.int64]:
        """The counted ones, or where they are too many, runs of them that are spread evenly."""
        if len(self.counted) <= most:
            return self.counted
        runs = np.linspace(0, len(self.counted) // _TOGETHER - 1, most // _TOGETHER).astype(np.int64)
        kept: NDArray[np.int64] = self.counted[(np.unique(runs)[:, None] * _TOGETHER + np.arange(_TOGETHER)).ravel()]
        return kept

    def words(self, indexes: NDArray[np.int64], own: Sequence[str]) -> list[list[str]]:
        cut = (texts.words(self.columns.texts[index], own) for index in indexes.tolist())
        return [[word for word in each if word not in self.names] for each in cut]


def _heard(group_id: int, stretch: Stretch) -> _Heard:
    zone = zone_of(group_id)
    found = chat.columns(group_id, midnight(stretch.first, zone), midnight(stretch.last + timedelta(days=1), zone))
    identities, often = np.unique(found.identity, return_counts=True)
    people = members.speakers(identities.tolist())
    bots = [key for key, person in people.items() if person.is_bot]
    talkative = [key for key, times in zip(identities.tolist(), often.tolist(), strict=True) if times >= _TALKATIVE]
    names = frozenset(normalise(people[key].name) for key in talkative)
    return _Heard(group_id, found, np.flatnonzero(~found.ours & ~np.isin(found.identity, bots)), names)


def _talk(group_id: int, stretch: Stretch, own: Sequence[str]) -> Talk:
    heard = _heard(group_id, stretch)
    indexes = heard.some(MOST)
    cut = texts.merged(heard.words(indexes, own))
    past = _past(group_id, stretch, own)
    found = texts.keywords(cut, past)
    since = midnight(stretch.first, zone_of(group_id)).timestamp()
    about = texts.topics(cut, heard.columns.at[indexes], since=since)

    def keys(shown: Sequence[int]) -> list[MessageKey]:
        return [heard.key(int(indexes[index])) for index in shown]

    return Talk(
        topics=[Topic(each.words, each.times, each.shares, keys(each.messages)) for each in about],
        keywords=[Keyword(each.word, each.score, each.times, keys(each.messages)) for each in found],
        compared=bool(past),
        words={each.word: float(each.times) for each in texts.keywords(cut, top=CLOUD)},
        messages=len(heard.counted),
        looked_at=len(indexes),
    )


def _past(group_id: int, stretch: Stretch, own: Sequence[str]) -> dict[str, int]:
    """In how many messages words were before the stretch; empty where the group has no past to be held against."""
    days = max(stretch.count, _LOOKED_BACK.days)
    before = Stretch(stretch.first - timedelta(days=days), days)
    heard = _heard(group_id, before)
    indexes = heard.some(MOST // 3)
    return dict(texts.counted(texts.merged(heard.words(indexes, own)))) if len(indexes) >= _ENOUGH else {}


_ENOUGH = 200
"""A past of fewer messages says nothing of what is usual."""
