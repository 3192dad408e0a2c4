"""Two versions of a text, line by line. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

AROUND = 2
"""Lines that are the same and shown around a change."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: ``same``, ``gone`` or ``new``; ``left_out`` stands for lines that are the same and not shown."""

    kind: str
    text: str = ""
    count: int = 0


def lines(before: str, after: str) -> list[Line]:
    """What is gone and new from one text to the next, with a few lines around; none where they are the same."""
    if before == after:
        return []
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for place, (kind, a, b, c, d) in enumerate(codes):
        if kind == "equal":
            found += _around(old[a:b], first=place == 0, last=place == len(codes) - 1)
        else:
            found += [Line("gone", text) for text in old[a:b]]
            found += [Line("new", text) for text in new[c:d]]
    return found


def _around(same: list[str], *, first: bool, last: bool) -> Iterator[Line]:
    before, after = (0 if first else AROUND), (0 if last else AROUND)
    if len(same) <= before + after:
        yield from (Line("same", text) for text in same)
        return
    yield from (Line("same", text) for text in same[:before])
    yield Line("left_out", count=len(same) - before - after)
    yield from (Line("same", text) for text in same[len(same) - after :])
