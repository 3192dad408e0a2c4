"""Digests: what was said in a day or another stretch, for somebody who was away. Pure, and always the same.

Every line rests on messages, which it names; what is in no thread is counted, with the reason.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from qunce.insights.policies import texts
from qunce.insights.policies.digests.across import joined as joined
from qunce.insights.policies.digests.beside import lines as _beside
from qunce.insights.policies.digests.beside import one as _one
from qunce.insights.policies.digests.choosing import Replies, quotes, rank, title
from qunce.insights.policies.digests.conversations import Conversation, Material, conversations, material
from qunce.insights.policies.digests.shortening import shortened as shortened
from qunce.insights.types import Covered, DigestDocument, DigestLine, Facts, LeftOut, LineKind

MOST_THREADS = 60
_HOUR, _DAY = 3600.0, 86_400.0
_HOURS = 7 * 24
"""Up to so many hours they are counted one by one, of a longer stretch the days."""


def digest(
    facts: Facts, *, since: float = -np.inf, until: float = np.inf, dictionary: Sequence[str] = ()
) -> DigestDocument:
    """The digest of the facts' stretch, or of the part of it between two moments (seconds since 1970).

    ``facts`` come with their texts. ``dictionary``: the community's own terms.
    """
    made = material(facts, since=since, until=until, dictionary=dictionary)
    if not made.wanted.any():
        return DigestDocument()
    replies = Replies(made)
    every = conversations(made)
    talks = [talk for talk in every if _is_one(made, talk)]
    ranks = {id(talk): rank(made, talk, replies) for talk in talks}
    talks.sort(key=lambda talk: (-ranks[id(talk)], talk.messages[0]))
    kept = [(talk, *shown) for talk in talks[:MOST_THREADS] if (shown := quotes(made, talk, replies))[0]]
    everywhere = texts.counted(made.words[index] for index in np.flatnonzero(made.wanted).tolist())
    threads = [_thread(made, *each, everywhere) for each in kept]
    coverage = _coverage(made, [talk for talk, *_shown in kept], talks[MOST_THREADS:])
    return DigestDocument([*threads, *_beside(made, every, replies)], coverage)


_FEW = 3
"""So many messages, or one and its answer, are a conversation."""
_TELLING = 3


def _is_one(made: Material, talk: Conversation) -> bool:
    """Whether people talked with each other, or somebody told something at length."""
    words = {word for index in talk.messages for word in made.words[index]}
    if len(words) < _TELLING:
        return False
    if len(talk.people) > 1:
        return True
    return len(talk.messages) >= _FEW and len(words) >= 4 * _TELLING


def _thread(
    made: Material,
    talk: Conversation,
    shown: Sequence[int],
    more: Sequence[int],
    everywhere: Mapping[str, int],
) -> DigestLine:
    facts = made.facts
    return _one(
        made,
        LineKind.THREAD,
        [*shown, *more],
        quoted=len(shown),
        words=title(made, talk, shown, everywhere),
        messages=len(talk.messages),
        people=len(talk.people),
        first=float(facts.at[talk.messages[0]]),
        last=float(facts.at[talk.messages[-1]]),
    )


def _coverage(made: Material, kept: Sequence[Conversation], small: Sequence[Conversation]) -> Covered:
    """Where every message of the stretch is: in a thread, or left out for one reason."""
    facts = made.facts
    inside = {index for talk in kept for index in talk.messages}
    beyond = {index for talk in small for index in talk.messages}
    left: Counter[LeftOut] = Counter()
    wanted = np.flatnonzero(made.wanted).tolist()
    for index in wanted:
        if index not in inside:
            why = made.why[index]
            left[why or (LeftOut.SMALL if index in beyond else LeftOut.PASSING)] += 1
    people = {int(facts.person[index]) for index in wanted if made.why[index] is not LeftOut.MACHINE}
    begin = _midnight(made)
    span = _HOUR if facts.at[wanted[-1]] - begin < _HOURS * _HOUR else _DAY
    count = int((facts.at[wanted[-1]] - begin) // span) + 1
    count = -(-count // 24) * 24 if span == _HOUR else count
    hours = [[0, 0] for _ in range(count)]
    for index in wanted:
        if made.why[index] is not LeftOut.MACHINE:
            place = hours[int((facts.at[index] - begin) // span)]
            place[0] += 1
            place[1] += index in inside
    ordered = {why: left[why] for why in LeftOut if left[why]}
    return Covered(len(wanted), len(inside), len(people), ordered, [(all_, told) for all_, told in hours])


def _midnight(made: Material) -> float:
    """When the day of the first message began, where the group is."""
    from datetime import datetime

    first = datetime.fromtimestamp(float(made.facts.at[np.argmax(made.wanted)]), made.facts.zone)
    return first.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
