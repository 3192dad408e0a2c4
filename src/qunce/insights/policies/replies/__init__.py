"""Which message answers which, where the platform does not say. Pure.

A linear scorer weighs every pair of a message and one of the forty before it, and the case that it answers nothing;
the best is taken. Its weights (``weights.toml``) are fitted on ten hours of IRC whose answers people have marked
(Kummerfeld et al., ACL 2019, development split). On hours that it was not fitted on, two left out at a time, of the
links between two different lines it makes 67 in 100 are marked (precision 0.673), and of those marked it makes 62 in
100 (recall 0.625; F1 0.648): "it answers the line before" finds 27.
``python -m tests.insights.fit_replies`` shows it.

Beside it stand rules that need no weighing: quotes, and somebody addressed who last spoke longer ago.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
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

LONGEST = 24 * 3600
"""Seconds after which nothing is taken for an answer that does not say so."""
_AT_ONCE = 512
_QUOTED = re.compile(
    r"^[「『](?:[^:：」』\n]{1,32}[:：])?\s*(?P<wide>[^」』]{2,}?)[」』]|^>\s?(?:[^:：\n]{1,32}[:：])?\s*(?P<plain>[^\n]{2,})\n"
)
_KEPT = 24
"""So many characters of a quote tell which message it is; programs cut long ones."""


@cache
def weights() -> dict[str, float]:
    """The weight of every feature, by its name."""
    return tomllib.loads((Path(__file__).parent / "weights.toml").read_text())


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
    parents = np.concatenate([*(_best(columns, rows) for rows in _portions(len(texts))), np.zeros(0, np.int32)])
    _reach_back(columns, parents)
    for number, quoted in _quotes(texts):
        parents[number] = quoted
    return np.where(explicit >= 0, explicit, parents).astype(np.int32)


def _portions(count: int) -> Iterator[NDArray[np.int64]]:
    for first in range(0, count, _AT_ONCE):
        yield np.arange(first, min(first + _AT_ONCE, count))


def _best(columns: Heard, rows: NDArray[np.int64]) -> NDArray[np.int32]:
    seen = Candidates(columns, rows)
    by_name = weights()
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


def _quotes(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Messages that begin with a quote of an earlier one, as chat programs write it, with that one."""
    last: dict[str, int] = {}
    for number, text in enumerate(texts):
        if text[:1] in ("「", "『", ">") and (match := _QUOTED.match(text)):
            quoted = last.get(normalise(match["wide"] or match["plain"]).rstrip(".")[:_KEPT])
            if quoted is not None:
                yield number, quoted
        last[normalise(text[: _KEPT * 4])[:_KEPT]] = number
