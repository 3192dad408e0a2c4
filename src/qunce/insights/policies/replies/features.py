"""What speaks for one message being answered by another, as numbers for a linear scorer. Pure."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies.replies.heard import NOBODY, Heard

WINDOW = 40
"""How many messages before it a message may answer: that covers 97 of 100 answers."""
Pairs: TypeAlias = NDArray[np.int32]
Values: TypeAlias = NDArray[np.float32]

_LONGEST = 30.0  # minutes; longer silences tell no more
TO, NAMES, OTHERS, NOBODYS = "to_it", "names_it", "to_others", "to_nobody"
"""Whom the later message speaks to, as seen from who said the earlier."""


class Candidates:
    """For some messages (rows) the `WINDOW` messages before each (columns): who speaks to whom."""

    def __init__(self, heard: Heard, rows: NDArray[np.int64]) -> None:
        back = np.arange(1, WINDOW + 1)[None, :]
        self.heard = heard
        self.later = rows[:, None]
        self.there = back <= self.later
        self.earlier = np.where(self.there, self.later - back, 0)
        self.passed = np.log(back.astype(np.float32))
        speaker, other = heard.person[self.later], heard.person[self.earlier]
        self.same = speaker == other
        self.to = self._towards(self.later, other)
        back_to = self._towards(self.earlier, speaker)
        self.answers_to = {
            "me": back_to[TO],
            "names_me": back_to[NAMES],
            "the_same": ~back_to[TO] & ~back_to[NAMES] & (heard.to[self.later] != NOBODY)
            & (heard.to[self.later] == heard.to[self.earlier]),
        }  # fmt: skip
        told = back_to[TO] | back_to[NAMES] | self.answers_to["the_same"]
        self.answers_to |= {"others": back_to[OTHERS] & ~told, "nobody": back_to[NOBODYS] & ~told}

    def _towards(self, said: NDArray[np.int64], who: Pairs) -> dict[str, NDArray[np.bool_]]:
        to, named = self.heard.to[said], self.heard.named[said]
        first = to == who
        besides = ((named[..., 0] == who) | (named[..., 1] == who)) & ~first
        nobody = (to == NOBODY) & (named[..., 0] == NOBODY)
        return {TO: first, NAMES: besides, OTHERS: ~first & ~besides & ~nobody, NOBODYS: nobody}


def pairs(seen: Candidates) -> Iterator[tuple[str, NDArray[np.bool_] | Values]]:
    """What is known of each later and earlier message together: [rows, WINDOW] each, by name."""
    yield from _addressed(seen)
    yield from _near(seen)
    yield from _going_on(seen)
    yield from _content(seen)


def _addressed(seen: Candidates) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    apart = ~seen.same
    for name, to in seen.to.items():
        for back, answers in seen.answers_to.items():
            yield f"{name}.{back}", to & answers & apart
    for name in (OTHERS, NOBODYS):
        for back in ("the_same", "others", "nobody"):
            yield f"own.{name}.{back}", seen.to[name] & seen.answers_to[back] & seen.same


def _near(seen: Candidates) -> Iterator[tuple[str, NDArray[np.bool_] | Values]]:
    heard, apart = seen.heard, ~seen.same
    minutes = np.clip(heard.felt[seen.later] - heard.felt[seen.earlier], 0, _LONGEST * 60) / 60
    waited = np.log1p(minutes).astype(np.float32)
    between = (heard.before[seen.later] > seen.earlier) & apart  # the speaker has spoken since
    newest = (heard.after[seen.earlier] >= seen.later) & apart  # the other has not
    for name, to in seen.to.items():
        there = to & apart
        yield f"passed.{name}", seen.passed * there
        yield f"waited.{name}", waited * there
        yield f"spoken_since.{name}", between & to
        yield f"newest.{name}", newest & to
    yield "own.passed", seen.passed * seen.same
    yield "own.waited", waited * seen.same
    yield "own.newest", seen.earlier == heard.before[seen.later]
    yield "just_before", apart & (seen.passed == 0)
    yield "answered_me_and_spoken_since", between & (seen.answers_to["me"] | seen.answers_to["names_me"])


def _going_on(seen: Candidates) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Two who talk with each other go on, also where nobody is named."""
    heard, unaddressed = seen.heard, seen.to[NOBODYS] & ~seen.same
    speaker, other = heard.person[seen.later], heard.person[seen.earlier]
    yield "partner", unaddressed & (heard.partner[seen.later] == other)
    yield "partner_of_it", unaddressed & (heard.partner[seen.earlier] == speaker)
    yield "called_by", unaddressed & (heard.called_by[seen.later] == other)
    yield "called_with", heard.called_at[seen.later] == seen.earlier


def _content(seen: Candidates) -> Iterator[tuple[str, NDArray[np.bool_] | Values]]:
    heard, apart = seen.heard, ~seen.same
    asked, asks = heard.asks[seen.earlier], heard.asks[seen.later]
    to_all = seen.answers_to["nobody"]
    addressed = seen.to[TO] | seen.to[NAMES]
    follows = heard.follows[seen.later] & apart
    shared = np.minimum(np.bitwise_count(heard.words[seen.later] & heard.words[seen.earlier]), 3).astype(np.float32)
    yield "question.answered", asked & ~asks & apart
    yield "question.asked_back", asked & asks & apart
    yield "question.addressed", asked & to_all & addressed & apart
    yield "own.question", asked & seen.same
    yield "opening", heard.opens[seen.earlier] & to_all & apart
    yield "opening.addressed", heard.opens[seen.earlier] & to_all & addressed & apart
    yield "follows", follows & seen.to[NOBODYS]
    yield "words", shared * apart
    yield "any_word", (shared > 0) & apart
    yield "own.words", shared * seen.same
    yield "length", heard.length[seen.earlier] * apart
    yield "own.length", heard.length[seen.earlier] * seen.same
    yield "own.opens", heard.opens[seen.later] & seen.same


def starts(heard: Heard, rows: NDArray[np.int64]) -> Iterator[tuple[str, NDArray[np.bool_] | Values]]:
    """What speaks for a message that answers nothing: [rows] each, by name."""
    nobody = (heard.to[rows] == NOBODY) & (heard.named[rows, 0] == NOBODY)
    first = heard.before[rows] == NOBODY
    opens = heard.opens[rows]
    since = np.where(first, 3600.0, np.clip(heard.felt[rows] - heard.felt[heard.before[rows]], 0, 3600))
    silence = np.where(rows == 0, _LONGEST * 60, np.clip(heard.felt[rows] - heard.felt[rows - 1], 0, _LONGEST * 60))
    yield "start", np.ones(len(rows), np.float32)
    yield "start.to_somebody", heard.to[rows] != NOBODY
    yield "start.opens", opens & nobody
    yield "start.asks", heard.asks[rows] & nobody
    yield "start.first", first
    yield "start.first_opens", first & (opens | heard.asks[rows]) & nobody
    yield "start.length", heard.length[rows] * nobody
    yield "start.follows", heard.follows[rows]
    yield "start.own_silence", np.log1p(since / 60).astype(np.float32)
    yield "start.silence", np.log1p(silence / 60).astype(np.float32)
    yield "start.has_partner", (heard.partner[rows] != NOBODY) & nobody
