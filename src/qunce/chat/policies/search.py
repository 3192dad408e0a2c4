"""How what was said is found. Pure."""

import re
from datetime import UTC, datetime
from itertools import groupby
from operator import add

from qunce.kernel.folding import mapped, normalise

# ------------------------------------------------------------------ what is searched for
_HAN = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_PIECES = re.compile(rf"([{_HAN}]+)|(\d+|[^\W\d_{_HAN}]+)")
_ASKED = re.compile(r"[\"“”「」„«»]([^\"“”「」„«»]+)[\"“”「」„«»]?|([^\s\"“”「」„«»]+)")
LONGEST_TERM, MOST_PHRASES = 60, 12
LONGEST_EXCERPT, EXCERPT_BEFORE, SLACK = 240, 40, 40


def terms(text: str) -> list[str]:
    """What a text is found by, in order: words, numbers, and each Chinese character with its successor.

    The last character of a run stands alone, so that every character begins exactly one term: two characters
    are one term, one character is the beginning of some, and a longer word is a phrase of terms.
    """
    found: list[str] = []
    for run, word in _PIECES.findall(normalise(text)):
        if run:
            found += map(add, run, run[1:])
            found.append(run[-1])
        else:
            found.append(word[:LONGEST_TERM])
    return found


def month_term(moment: datetime) -> str:
    """The month as a term that no text has: letters and digits are never one term of it."""
    return f"m{moment.astimezone(UTC):%Y%m}"


def search_vector(text: str, sent_at: datetime) -> str:
    """A message as PostgreSQL's ``tsvector``, with its month; empty where there is nothing to find it by.

    Places beyond 16,383 are one place for PostgreSQL: what is so far down is found word by word.
    """
    found = terms(text)
    placed = " ".join([f"{term}:{place}" for place, term in enumerate(found, 1)])
    return f"{month_term(sent_at)} {placed}" if placed else ""


def search_query(text: str) -> str:
    """What was entered as PostgreSQL's ``tsquery``; empty where there is nothing to look for.

    All of its words; Latin ones and numbers also as beginnings of longer ones. ``"in quotes"``: exactly so.
    """
    phrases = []
    for quoted, word in _ASKED.findall(text)[:MOST_PHRASES]:
        if found := terms(quoted or word):
            phrases.append(_phrase(found, exact=bool(quoted)))
    return " & ".join(phrases)


def _phrase(found: list[str], *, exact: bool) -> str:
    """Terms one after the other. A text may go on after the last character: its lone term then is no term there."""
    *before, last = found
    if not _PIECES.fullmatch(last)[1]:  # type: ignore[index]  # a term is a piece
        return " <-> ".join([*before, last if exact else f"{last}:*"])
    if before and len(before[-1]) > 1 and before[-1][1] == last and _PIECES.fullmatch(before[-1])[1]:  # type: ignore[index]
        return " <-> ".join(before)
    return " <-> ".join([*before, f"{last}:*"])


def marked(text: str, asked: str) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it was asked for; cut short before the first of them where it is long."""
    folded, places = mapped(text)
    wanted = {normalise(quoted or word) for quoted, word in _ASKED.findall(asked)} - {""}
    hit = bytearray(len(text))
    for word in wanted:
        at = folded.find(word)
        while at >= 0:
            hit[places[at] : places[at + len(word) - 1] + 1] = b"\1" * (places[at + len(word) - 1] + 1 - places[at])
            at = folded.find(word, at + len(word))
    first = hit.find(1)
    begin = max(0, first - EXCERPT_BEFORE) if first > EXCERPT_BEFORE + SLACK else 0
    end = min(len(text), begin + LONGEST_EXCERPT)
    pieces = [("…", False)] if begin else []
    for is_hit, run in groupby(range(begin, end), hit.__getitem__):
        span = list(run)
        pieces.append((text[span[0] : span[-1] + 1], bool(is_hit)))
    return [*pieces, ("…", False)] if end < len(text) else pieces
