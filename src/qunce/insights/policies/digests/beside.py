"""What a digest tells beside its threads: announcements, open questions, links, thanks, newcomers. Pure."""

import re
import tomllib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation

from qunce.desk.policies import inside_word
from qunce.insights.policies.digests.choosing import Replies
from qunce.insights.policies.digests.conversations import (
    GREETING,
    LINK,
    QUESTION,
    THANKS,
    Conversation,
    Material,
)
from qunce.insights.types import DigestLine, LineKind
from qunce.kernel.folding import normalise

MOST = {
    LineKind.NOTICE: 8,
    LineKind.QUESTION: 20,
    LineKind.LINK: 15,
    LineKind.THANKS: 10,
    LineKind.NEWCOMER: 20,
}
_URL = re.compile(r"https?://[^\s\u3000-\u303f\u4e00-\u9fff\uff00-\uffef<>\"'`]+", re.IGNORECASE)
_END = ".,;:!?)]}*_~"
_ASKS_SOMETHING = 2
"""So many telling words make a question that somebody who was away may answer."""


def lines(made: Material, talks: Sequence[Conversation], replies: Replies) -> list[DigestLine]:
    """All of them, by kind. ``talks``: every conversation of the stretch."""
    return [
        *_notices(made, replies),
        *_questions(made, talks, replies),
        *_links(made, replies),
        *_thanks(made),
        *_newcomers(made, replies),
    ]


def one(made: Material, kind: LineKind, indexes: Sequence[int], **more: object) -> DigestLine:
    """A line that rests on these messages."""
    facts = made.facts
    times = [float(facts.at[index]) for index in indexes]
    people = len({int(facts.person[index]) for index in indexes})
    given = {"messages": len(indexes), "people": people, "first": min(times), "last": max(times), **more}
    return DigestLine(kind, [facts.key(index) for index in indexes], **given)  # type: ignore[arg-type]


def _said(made: Material) -> Iterator[int]:
    for index in np.flatnonzero(made.wanted).tolist():
        if made.why[index] is None:
            yield index


# ------------------------------------------------------------------ announced and decided
@cache
def _announcing() -> tuple[AhoCorasick, list[str]]:
    listed = tomllib.loads((Path(__file__).parent / "announcing.toml").read_text(encoding="utf-8"))
    known = list(dict.fromkeys(normalise(word) for words in listed.values() for word in words))
    return AhoCorasick(known, implementation=Implementation.DFA), known


def announces(text: str) -> bool:
    """Whether a text has the manner of an announcement or a decision."""
    said = normalise(text)
    automaton, _known = _announcing()
    return any(
        not inside_word(said, start, end)
        for _number, start, end in automaton.find_matches_as_indexes(said, overlapping=True)
    )


_HEADED = re.compile(r"[\W_]*(?:通知|公告|notice\b|announcement\b)", re.IGNORECASE)


def _is_headed(made: Material, index: int) -> bool:
    """Whether somebody who leads says of a message that it announces: then it asks nothing, whatever words it has."""
    facts = made.facts
    return bool(facts.is_staff[facts.person[index]]) and _HEADED.match(facts.texts[index]) is not None


def _notices(made: Material, replies: Replies) -> list[DigestLine]:
    facts = made.facts
    found = [
        index
        for index in _said(made)
        if facts.is_staff[facts.person[index]]
        and len(made.words[index]) >= _ASKS_SOMETHING
        and (not made.marked(index, QUESTION) or _is_headed(made, index))
        and announces(facts.texts[index])
    ]
    ranked = sorted(found, key=lambda index: (-len(replies.to(index)), index))[: MOST[LineKind.NOTICE]]
    return [one(made, LineKind.NOTICE, [index]) for index in sorted(ranked)]


# ------------------------------------------------------------------ not answered
def _questions(made: Material, talks: Sequence[Conversation], replies: Replies) -> list[DigestLine]:
    """Those that nobody else answered, the latest last; a question asked again counts once, as it was last.

    Where somebody else goes on in the conversation soon after, that is taken for an answer.
    """
    talk_of = {index: talk for talk in talks for index in talk.messages}
    open_: dict[int, list[int]] = defaultdict(list)
    """By who asks."""
    for index in _said(made):
        if not made.marked(index, QUESTION) or len(set(made.words[index])) < _ASKS_SOMETHING:
            continue
        if replies.to(index) or _is_headed(made, index) or _gone_on(made, talk_of[index], index):
            continue
        own = open_[made.person[index]]
        own[:] = [*(each for each in own if not _alike(made, each, index)), index]
    latest = sorted(index for own in open_.values() for index in own)[-MOST[LineKind.QUESTION] :]
    return [one(made, LineKind.QUESTION, [index]) for index in latest]


def _alike(made: Material, one_: int, other: int) -> bool:
    both = set(made.words[one_]), set(made.words[other])
    return len(both[0] & both[1]) / len(both[0] | both[1]) >= _SAME


_SAME = 0.5
_SOON = 1800.0


def _gone_on(made: Material, talk: Conversation, index: int) -> bool:
    """Whether somebody else said more in the same conversation soon after."""
    facts = made.facts
    after = talk.messages[bisect_right(talk.messages, index) :]
    soon = (each for each in after if facts.at[each] - facts.at[index] <= _SOON)
    return any(facts.person[each] != facts.person[index] for each in soon)


# ------------------------------------------------------------------ links
_NOWHERE = re.compile(
    r"https?://(?:localhost|[^/.:]+(?:[:/]|$)|(?:0|10|127|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.)", re.IGNORECASE
)
"""What leads to the speaker's own machine is no link for others."""


def urls(text: str) -> list[str]:
    """The addresses in a text that lead somewhere, without what stands around them."""
    found = (each.group().rstrip(_END) for each in _URL.finditer(text))
    return [url for url in found if not _NOWHERE.match(url)]


def _links(made: Material, replies: Replies) -> list[DigestLine]:
    """Each address once, those that were answered or shared by several first."""
    by_address: dict[str, list[int]] = defaultdict(list)
    written: dict[str, str] = {}
    for index in _said(made):
        if made.marked(index, LINK):
            for url in urls(made.facts.texts[index]):
                plain = url.partition("#")[0].rstrip("/").casefold()
                by_address[plain].append(index)
                written.setdefault(plain, url)
    worth = {
        url: (sum(len(replies.to(each)) for each in where) + 2 * len(where), max(len(made.words[e]) for e in where))
        for url, where in by_address.items()
    }
    best = sorted(by_address, key=lambda url: (-worth[url][0], -worth[url][1], by_address[url][0], url))
    kept = sorted(best[: MOST[LineKind.LINK]], key=lambda url: (by_address[url][0], url))
    return [one(made, LineKind.LINK, list(dict.fromkeys(by_address[url]))[:4], url=written[url]) for url in kept]


# ------------------------------------------------------------------ thanks
def _thanks(made: Material) -> list[DigestLine]:
    """Who was thanked, by most people first; for what: the message that the first thanks answer."""
    facts = made.facts
    by_receiver: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index in _said(made):
        if made.marked(index, THANKS):
            receiver, what = _for(made, index)
            if receiver >= 0 and receiver != facts.person[index] and not facts.is_bot[receiver]:
                by_receiver[receiver].append((index, what))
    ranked = sorted(
        by_receiver.items(), key=lambda each: (-len({int(facts.person[n]) for n, _ in each[1]}), each[1][0][0])
    )
    found = []
    for _receiver, given in ranked[: MOST[LineKind.THANKS]]:
        what = _most_telling(made, [each for _, each in given if each >= 0])
        if what >= 0:
            thanks = list(dict.fromkeys(index for index, _ in given if index != what))[:6]
            found.append(one(made, LineKind.THANKS, [what, *thanks]))
    return found


def _for(made: Material, index: int) -> tuple[int, int]:
    """Who is thanked in a message, and what they said that it answers or follows; -1: nobody, nothing."""
    facts = made.facts
    addressed, parent = int(facts.addressed[index]), int(facts.parent[index])
    if parent >= 0 and addressed in {-1, int(facts.person[parent])}:
        return int(facts.person[parent]), _fuller(made, parent)
    if addressed < 0:
        return -1, -1
    back = range(index - 1, max(-1, index - _FAR), -1)
    own = (each for each in back if facts.person[each] == addressed and made.words[each])
    return addressed, next(own, -1)


_FAR = 60
_NEAR = 900.0


def _fuller(made: Material, parent: int) -> int:
    """The fullest of what the same person said in one go up to a message: thanks are for the help, not its end."""
    facts = made.facts
    best = parent
    for each in range(parent - 1, max(-1, parent - 12), -1):
        if facts.at[parent] - facts.at[each] > _NEAR:
            break
        fuller = len(made.words[each]) > len(made.words[best])
        if facts.person[each] == facts.person[parent] and fuller:
            best = each
    return best


def _most_telling(made: Material, indexes: Sequence[int]) -> int:
    told = [index for index in indexes if made.words[index] and not made.facts.ours[index]]
    return max(told, key=lambda index: (len(set(made.words[index])), -index), default=-1)


# ------------------------------------------------------------------ newcomers
_MOST_NEW = 0.5
"""Where more of the people are new, it is the group that is."""


def _newcomers(made: Material, replies: Replies) -> list[DigestLine]:
    """Who spoke for the first time ever, with their fullest word and whoever turned to them, in order."""
    facts = made.facts
    own: dict[int, list[int]] = defaultdict(list)
    begin = facts.at[np.argmax(made.wanted)] if made.wanted.any() else np.inf
    for index in np.flatnonzero(made.wanted).tolist():
        person = int(facts.person[index])
        if facts.first_at[person] >= begin and not facts.is_staff[person] and made.worth(index):
            own[person].append(index)
    if len(own) > _MOST_NEW * len({int(facts.person[index]) for index in np.flatnonzero(made.wanted)}):
        return []
    turned: dict[int, list[int]] = defaultdict(list)
    for index in np.flatnonzero(made.wanted).tolist():
        whom = int(facts.addressed[index])
        if made.marked(index, GREETING) and whom in own and whom != facts.person[index]:
            turned[whom].append(index)
    found = []
    for person, said in own.items():
        first = max(said, key=lambda index: (len(made.words[index]), -index))
        met = list(dict.fromkeys([*turned[person], *(each for index in said for each in replies.to(index))]))
        met = [each for each in met if made.worth(each)]
        found.append(one(made, LineKind.NEWCOMER, [first, *met[:3]]))
    return found[: MOST[LineKind.NEWCOMER]]
