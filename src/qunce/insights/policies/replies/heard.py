"""What shows in messages of whom they answer: names, questions, words, and who talked with whom before. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation
from numpy.typing import NDArray

from qunce.desk.policies import asks, inside_word, normalise
from qunce.insights.policies.texts.lists import STOP

NOBODY = -1
NEVER = 1 << 30

_REPLY = re.compile(r"^(?:>+ ?|(?:回复|答复|reply to|re)[: ]*)?@?")
_AFTER_NAME = ":,;> "
_SHORTEST = 2
_PLAIN = 3
"""A shorter name is too often a word by chance, where nothing shows that it is meant."""

_WORD = re.compile(r"[a-z][a-z0-9_.+-]{2,}|[\u4e00-\u9fff]{2}|\d{3,}")
_OPENS = re.compile(
    r"(?:hi|hello|hey|good (?:morning|evening)|how|what|where|why|who|when|which|can|could|does|do|is|are|any|has"
    r"|have|did|if|i need|i want|i have|i'm|im|help|please)\b|大家|请问|有没有|谁|求|各位|早上好|晚上好|想问|有人"
)
_FOLLOWS = re.compile(
    r"(?:yes|no|yeah|yep|yup|nope|nah|ok|okay|sure|right|thanks|thx|ty|thank|lol|haha|hehe|oh|ah|aha|hmm|hm|cool|great"
    r"|nice|same|true|exactly|well|welcome|but|and|because|then|so)\b|[也对是不好嗯哈谢行]|早$|早呀|可以|有的|没有|没事|收到|欢迎|太|那就|我也|我去|在的"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """The messages as columns. Indexes of people and of messages; `NOBODY` where there is none."""

    at: NDArray[np.float64]
    """[n] seconds."""
    felt: NDArray[np.float64]
    """[n] seconds as if the chat were as busy as the one the weights are fitted on: see `BUSY`."""
    person: NDArray[np.int32]
    to: NDArray[np.int32]
    """[n] whom it begins with: ``nick: …``, ``@name …``, or whom the platform says."""
    named: NDArray[np.int32]
    """[n, 2] whose names are in it besides."""
    asks: NDArray[np.bool_]
    opens: NDArray[np.bool_]
    """[n] begins as people begin: greetings, question words."""
    follows: NDArray[np.bool_]
    """[n] begins as people go on: yes, thanks, but."""
    length: NDArray[np.float32]
    """[n] in hundreds of letters, at most two; a Chinese character counts as three."""
    words: NDArray[np.uint64]
    """[n] the rarer words, each as one of 64 bits."""
    before: NDArray[np.int32]
    """[n] the same person's message before."""
    after: NDArray[np.int32]
    """[n] the same person's next message; `NEVER` where there is none."""
    partner: NDArray[np.int32]
    """[n] whom its speaker last talked to."""
    called_by: NDArray[np.int32]
    """[n] who last talked to its speaker, and with which message: `called_at`."""
    called_at: NDArray[np.int32]


def heard(
    at: NDArray[np.float64],
    person: NDArray[np.int32],
    texts: Sequence[str],
    names: Sequence[str],
    explicit: NDArray[np.int32],
) -> Heard:
    """The columns of messages in order of time."""
    count = len(texts)
    folded = [normalise(text) for text in texts]
    to = np.full(count, NOBODY, np.int32)
    named = np.full((count, 2), NOBODY, np.int32)
    find = _Names(names)
    bodies = []
    for number, said in enumerate(folded):
        first, others, rest = find.called(said, int(person[number]))
        to[number] = first
        named[number, : len(others)] = others
        bodies.append(rest)
    known = explicit >= 0
    to[known] = person[explicit[known]]
    return Heard(
        at=at,
        felt=at * _haste(at),
        person=person,
        to=to,
        named=named,
        asks=np.fromiter(("?" in said or (not said.isascii() and asks(said)) for said in folded), np.bool_, count),
        opens=np.fromiter((_OPENS.match(body) is not None for body in bodies), np.bool_, count),
        follows=np.fromiter((_FOLLOWS.match(body) is not None for body in bodies), np.bool_, count),
        length=np.fromiter(map(_length, bodies), np.float32, count),
        words=_signatures(bodies),
        **_threads(person, to, named),
    )


_READ = 200
"""So many letters of a message tell what it is about."""
BUSY = 15.0
"""Seconds between two messages of a chat that is going on, where the weights come from: a busy one."""
_PAUSE = 1800.0
_LETTERS = 3


def _haste(at: NDArray[np.float64]) -> float:
    """By what a chat's seconds are shortened, so that a slow one looks as busy as the one that was learned from."""
    gaps = np.diff(at)
    going_on = gaps[gaps < _PAUSE]
    return min(1.0, BUSY / max(float(going_on.mean()), BUSY)) if going_on.size else 1.0


def _length(body: str) -> float:
    letters = len(body) if body.isascii() else len(body) + (_LETTERS - 1) * sum(sign >= "\u3000" for sign in body)
    return min(letters, 200) / 100


class _Names:
    """Finds the names of people in messages."""

    def __init__(self, names: Sequence[str]) -> None:
        self._who: dict[str, int] = {}
        for number, name in enumerate(names):
            if len(folded := normalise(name).lstrip("@")) >= _SHORTEST:
                self._who.setdefault(folded, number)
        self._names = list(self._who)
        self._find = AhoCorasick(self._names, implementation=Implementation.DFA).find_matches_as_indexes

    def called(self, said: str, speaker: int) -> tuple[int, list[int], str]:
        """Whom a message begins with, at most two who are named besides, and the message without the beginning."""
        found: dict[int, tuple[int, int, int]] = {}
        begins = match.end() if (match := _REPLY.match(said)) else 0
        for number, start, end in self._find(said, overlapping=True):
            who = self._who[self._names[number]]
            if who == speaker or inside_word(said, start, end):
                continue
            kind = self._kind(said, start, end, begins)
            if kind is not None:
                found[who] = min(found.get(who, (9, 0, 0)), (kind, start - end, end))
        ranked = sorted(found, key=lambda who: found[who])
        if ranked and found[ranked[0]][0] == 0:
            first = ranked[0]
            return first, ranked[1:3], said[found[first][2] :].lstrip(_AFTER_NAME)
        return NOBODY, ranked[:2], said

    def _kind(self, said: str, start: int, end: int, begins: int) -> int | None:
        """0: the message is for them; 1: it is likely for them; 2: they are mentioned; None: a word by chance."""
        if start == begins and (begins > 0 or end == len(said) or said[end] in ":,;>"):
            return 0
        if start and said[start - 1] == "@":
            return 1
        if end - start < _PLAIN and said[start:end].isascii():
            return None
        return None if said[start:end] in STOP else 1 + (start > 0)


def _signatures(bodies: Iterable[str]) -> NDArray[np.uint64]:
    """The words of each message as bits; words of one message alone, and those in every fiftieth, tell nothing."""
    words = [set(_WORD.findall(body, 0, _READ)) - STOP for body in bodies]
    often = Counter(word for each in words for word in each)
    most = max(3, len(words) // 50)
    bits = {word: 1 << (crc32(word.encode()) & 63) for word, times in often.items() if 1 < times <= most}
    signatures = np.zeros(len(words), np.uint64)
    for number, each in enumerate(words):
        signature = 0
        for word in each:
            signature |= bits.get(word, 0)
        signatures[number] = signature
    return signatures


def _threads(
    person: NDArray[np.int32], to: NDArray[np.int32], named: NDArray[np.int32]
) -> dict[str, NDArray[np.int32]]:
    """Each speaker's message before and after, and whom they were talking with by then."""
    count = len(person)
    columns = {
        name: np.full(count, NOBODY, np.int32) for name in ("before", "after", "partner", "called_by", "called_at")
    }
    columns["after"][:] = NEVER
    last: dict[int, int] = {}
    partners: dict[int, int] = {}
    calls: dict[int, tuple[int, int]] = {}
    spoken_to = np.where(to >= 0, to, named[:, 0]).tolist()
    for number, (speaker, other) in enumerate(zip(person.tolist(), spoken_to, strict=True)):
        if speaker in last:
            columns["before"][number] = last[speaker]
            columns["after"][last[speaker]] = number
        columns["partner"][number] = partners.get(speaker, NOBODY)
        columns["called_by"][number], columns["called_at"][number] = calls.get(speaker, (NOBODY, NOBODY))
        last[speaker] = number
        if other >= 0:
            partners[speaker] = other
            calls[other] = speaker, number
    return columns
