"""What a message is about, by rules of thumb: the words of the lists, and shapes that need no words.

Measured on the 266 sentences of tests/insights/sentences.py, labelled by hand in both languages, a third of them
meant to mislead: precision and recall of every mark are at least 0.95 and 0.9. Chats of strangers are less tidy:
in a chat about software, "we" was often a firm, and anger often one with a machine.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from ahocorasick_rs import AhoCorasick, Implementation

from qunce.desk.policies import QUESTION_WORDS, asks, inside_word, normalise
from qunce.insights.policies.texts import lists
from qunce.insights.types import Mark

Met: TypeAlias = list[tuple[int, int, int]]
"""Words that were met: which, and from where to where."""

LATEST_GREETING = 60
"""A greeting stands at the beginning of what is said."""
_AROUND = 24
"""How many characters before and after a word may give it another meaning."""

# ------------------------------------------------------------------ the first look
# Plain numbers instead of flags: flags cost more than all the rest.
_QUESTION, _LINK, _ADVERT, _GREETING, _WE = map(int, (Mark.QUESTION, Mark.LINK, Mark.ADVERT, Mark.GREETING, Mark.WE))
_BIT = {mark.name.lower(): int(mark) for mark in Mark if mark.name}
_ASKING, _SOLD, _CALLS, _SHAPES = (1 << place for place in range(8, 12))
"""What is noticed besides: that a question has to be looked at closer, and that advertising has to be weighed."""
_SELLS = {"sold": _SOLD, "calls": _CALLS}


def _listed() -> Iterator[tuple[str, int]]:
    yield from ((word, _BIT[name]) for word, name in lists.words("says"))
    yield from ((word, _SELLS[name]) for word, name in lists.words("sells"))
    yield from ((word, _ASKING) for word in QUESTION_WORDS)
    yield from ((sign, _SHAPES) for sign in lists.SHAPES["signs"])
    yield from ((sign, _LINK) for sign in lists.SHAPES["links"])


def _by_word() -> dict[str, int]:
    bits: dict[str, int] = defaultdict(int)
    for word, bit in _listed():
        bits[normalise(word)] |= bit
    return bits


def _unless() -> dict[int, re.Pattern[str]]:
    patterns: dict[int, list[str]] = defaultdict(list)
    for pattern, name in lists.words("unless"):
        patterns[_BIT[name]].append(f"(?:{pattern})")
    return {bit: re.compile("|".join(all_of_it)) for bit, all_of_it in patterns.items()}


_WORDS = _by_word()
_AUTOMATON = AhoCorasick(list(_WORDS), implementation=Implementation.DFA)
_BITS = list(_WORDS.values())
_WHOLE = [word[0].isalnum() and word[-1].isalnum() for word in _WORDS]
_UNLESS = _unless()
_DOUBTFUL = sum(_UNLESS)
_SIMPLE = _DOUBTFUL | _LINK
_WEIGHED = _SOLD | _CALLS | _SHAPES


def marks(text: str) -> int:
    """The bits of `types.Mark` that hold for a message."""
    said = normalise(text)
    met = _AUTOMATON.find_matches_as_indexes(said, overlapping=True)
    found = _noticed(said, met) if met else 0
    if not found:
        return 0
    told = found & _SIMPLE
    if found & _ASKING and asks(text):
        told |= _QUESTION
    if found & _WEIGHED and _points(said, met) >= (SURE if told & _QUESTION else SELLS):
        told = told & ~_WE | _ADVERT  # the "we" of a shop is not the group's
    return told


def _noticed(said: str, met: Met) -> int:
    found = 0
    for number, start, end in met:
        bits = _BITS[number]
        if bits | found == found or (_WHOLE[number] and inside_word(said, start, end)):
            continue
        if bits & _GREETING and start > LATEST_GREETING:
            bits &= ~_GREETING
        if bits & _DOUBTFUL:
            bits &= ~_otherwise_meant(said, start, end, bits)
        found |= bits
    return found


def _otherwise_meant(said: str, start: int, end: int, bits: int) -> int:
    """Those of the bits whose word means something else where it stands."""
    lost, first = 0, max(0, start - _AROUND)
    around = said[first : end + _AROUND]
    for bit, unless in _UNLESS.items():
        if bits & bit and any(
            match.start() + first < end and start < match.end() + first for match in unless.finditer(around)
        ):
            lost |= bit
    return lost


# ------------------------------------------------------------------ advertising
SELLS = 4
SURE = 5
"""From how many points on a message is advertising; a question needs more, for people also ask about offers."""
_WORTH = ((_SOLD, 2, 2), (_CALLS, 1, 3))
"""What a word is worth, and how many of the kind count."""
_WEIGHTS: list[tuple[re.Pattern[str], int, int]] = [
    (re.compile(each["pattern"]), each["points"], each["most"]) for each in lists.SHAPES["weighed"]
]


def _points(said: str, met: Met) -> int:
    """How much of a message is the manner of sellers."""
    words = {number for number, start, end in met if _BITS[number] & _WEIGHED and not inside_word(said, start, end)}
    points = sum(worth * min(most, sum(bool(_BITS[each] & bit) for each in words)) for bit, worth, most in _WORTH)
    for shape, worth, most in _WEIGHTS:
        points += worth * min(most, len(shape.findall(said)))
    return points


# ------------------------------------------------------------------ who is greeted
_AT = re.compile(r"@(?P<name>[^\u2005\s@,，:：;；!！?？。、~～()（）]{1,32})")
_NICK = r"[\w\-\[\]\\`^{}|]{2,32}"
_ZH = (
    r"(?:热烈)?欢迎(?:新人|新朋友|新成员|新同学|新伙伴|我们的)?\s*([^\s@,，:：;；!！?？。、~～的]{1,16}?)(?:老师|同学)?"
    r"(?:入群|加入|进群|来到|的到来|到来|[~～!！]|$)"
)
_EN = (
    rf"(?:^|[\s,.!])(?:welcome(?: back| aboard)?|hi|hello|hey|hiya)(?: there)?,? +({_NICK})"
    r"(?=$|\s*[,.!:;)~]|[^\x00-\x7f])"
)
_FIRST = rf"^@?({_NICK})[,:，：]? +(?:welcome|hi\b|hello\b|hey\b|欢迎|你好)"
_CALLED = re.compile(f"{_ZH}|{_EN}|{_FIRST}", re.IGNORECASE)


def greets(text: str) -> list[str]:
    """The names that are greeted or welcomed in a message, as they are written there, each once."""
    if not marks(text) & _GREETING:
        return []
    found = _AT.findall(text) or [next(filter(None, match.groups())) for match in _CALLED.finditer(text)]
    return list(dict.fromkeys(name for name in found if name.casefold() not in lists.NOBODY))
