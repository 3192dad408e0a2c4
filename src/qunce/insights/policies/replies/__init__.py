"""Which message answers which, where the platform does not say. Pure.

A linear scorer weighs every pair of a message and one of the forty before it, and the case that it answers nothing;
the best is taken. Its weights (``weights.toml``) are fitted on ten hours of IRC whose answers people have marked
(Kummerfeld et al., ACL 2019, development split). On hours that it was not fitted on, two left out at a time, of
the links between two different lines it makes 68 in 100 are marked (precision 0.675), and it makes 63 in 100 of
those that are marked (recall 0.627; F1 0.650): "it answers the line before" finds 27. Without the names that messages
begin with it makes 40 right of 100, and finds 37; a chat with fewer threads at once than such a channel is easier.
``python -m tests.insights.fit_replies`` shows it.

Beside it stand rules that need no weighing: quotes, and somebody addressed who last spoke longer ago.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qunce.desk.policies import normalise
from qunce.insights.policies.replies.features import WINDOW as WINDOW
from qunce.insights.policies.replies.features import Candidates as Candidates
from qunce.insights.policies.replies.features import pairs as pairs
from qunce.insights.policies.replies.features import starts as starts
from qunce.insights.policies.replies.heard import NOBODY, Heard
from qunce.insights.policies.replies.heard import heard as heard
from qunce.insights.policies.texts.marks import marks
from qunce.insights.types import Mark

_WELCOMES = re.compile(r"\s*(?:热烈)?欢迎|\s*welcome\b", re.IGNORECASE)
_LATELY = 1800
LONGEST = 24 * 3600
"""Seconds after which nothing is taken for an answer that does not say so."""
_AT_ONCE = 512
_QUOTES = ("「", "『", ">")
_QUOTED = re.compile(
    r"^[「『](?:[^:：」』\n]{1,32}[:：])?\s*(?P<wide>[^」』]{2,}?)[」』]|^>\s?(?:[^:：\n]{1,32}[:：])?\s*(?P<plain>[^\n]{2,})\n"
)
_KEPT = 24
"""So many characters of a quote tell which message it is; programs cut long ones."""


@cache
def _fitted() -> dict[str, dict[str, float]]:
    return tomllib.loads((Path(__file__).parent / "weights.toml").read_text())


_CALLED = (0.05, 0.35)
"""Where fewer messages than the first share begin with a name, the weights fitted without names hold; where as many
as the second, those with names; between, what is between."""


def weights(columns: Heard) -> dict[str, float]:
    """The weight of every feature, by its name, for a chat in which names are called so often."""
    fitted = _fitted()
    often = float((columns.to != NOBODY).mean()) if len(columns.to) else 0.0
    named = min(1.0, max(0.0, (often - _CALLED[0]) / (_CALLED[1] - _CALLED[0])))
    return {name: named * value + (1 - named) * fitted["unnamed"][name] for name, value in fitted["named"].items()}


def infer(
    at: NDArray[np.float64],
    person: NDArray[np.int32],
    texts: Sequence[str],
    names: Sequence[str],
    explicit: NDArray[np.int32],
) -> NDArray[np.int32]:
    """For each message, in order of time, the index of the one it answers or goes on with; -1: it begins something.

    ``explicit``: what the platform says; -1 where it says nothing. Such answers stay, and tell of the others.
    ``names``: of the people that ``person`` counts.
    """
    columns = heard(at, person, texts, names, explicit)
    by_name = weights(columns)
    portions = [_best(columns, rows, by_name) for rows in _portions(len(texts))]
    parents = np.concatenate([*portions, np.zeros(0, np.int32)])
    _reach_back(columns, parents)
    _welcome(columns, texts, parents)
    for number, quoted in _quotes(texts):
        parents[number] = quoted
    return np.where(explicit >= 0, explicit, parents).astype(np.int32)


def _portions(count: int) -> Iterator[NDArray[np.int64]]:
    for first in range(0, count, _AT_ONCE):
        yield np.arange(first, min(first + _AT_ONCE, count))


def _best(columns: Heard, rows: NDArray[np.int64], by_name: Mapping[str, float]) -> NDArray[np.int32]:
    seen = Candidates(columns, rows)
    scores = np.zeros(seen.earlier.shape, np.float32)
    for name, value in pairs(seen):
        if weight := by_name.get(name):
            scores += np.float32(weight) * value
    nothing = sum(np.float32(by_name[name]) * value for name, value in starts(columns, rows))
    allowed = seen.there & (columns.at[seen.later] - columns.at[seen.earlier] <= LONGEST)
    scores[~allowed] = -np.inf
    best = scores.argmax(axis=1)
    line = np.arange(len(rows))
    return np.where(scores[line, best] > nothing, seen.earlier[line, best], -1).astype(np.int32)


def _reach_back(columns: Heard, parents: NDArray[np.int32]) -> None:
    """Who is addressed is answered, also where what they said is further back than is weighed."""
    last: dict[int, int] = {}
    for number, (speaker, to) in enumerate(zip(columns.person.tolist(), columns.to.tolist(), strict=True)):
        if to != NOBODY and parents[number] < 0:
            back = last.get(to, number)
            if number - back > WINDOW and columns.at[number] - columns.at[back] <= LONGEST:
                parents[number] = back
        last[speaker] = number


def _welcome(columns: Heard, texts: Sequence[str], parents: NDArray[np.int32]) -> None:
    """A welcome to nobody by name is for whoever spoke for the first time just before."""
    newest = -WINDOW
    for number, text in enumerate(texts):
        if columns.before[number] == NOBODY:
            newest = number
            continue
        lately = number - newest < WINDOW and columns.felt[number] - columns.felt[newest] <= _LATELY
        if lately and columns.to[number] == NOBODY and _welcomes(text):
            parents[number] = newest


def _welcomes(text: str) -> bool:
    return _WELCOMES.match(text) is not None and bool(marks(text) & Mark.GREETING)


def _quotes(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Messages that begin with a quote of an earlier one, as chat programs write it, with that one."""
    if not any(text[:1] in _QUOTES for text in texts):
        return
    last: dict[str, int] = {}
    for number, text in enumerate(texts):
        if text[:1] in _QUOTES and (match := _QUOTED.match(text)):
            quoted = last.get(normalise(match["wide"] or match["plain"]).rstrip(".")[:_KEPT])
            if quoted is not None:
                yield number, quoted
        last[normalise(text[: _KEPT * 4])[:_KEPT]] = number
