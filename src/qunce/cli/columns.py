"""Text in columns on a terminal, where signs of East Asia take two of them."""

from collections.abc import Iterable, Sequence
from unicodedata import category, east_asian_width

NO_ROOM = frozenset({"Mn", "Me", "Cf"})
"""Categories of signs that take no column of their own: accents, variation selectors, joiners."""
GAP = "  "


def width(text: str) -> int:
    """How many columns it takes."""
    return sum(0 if category(sign) in NO_ROOM else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def cut(text: str, most: int) -> str:
    """On one line and within so many columns; what is cut off ends with an ellipsis."""
    text = " ".join(text.split())
    if width(text) <= most:
        return text
    while text and width(text) >= most:
        text = text[:-1]
    return f"{text}…"


def table(rows: Iterable[Sequence[str]], *, numbers: frozenset[int] = frozenset()) -> list[str]:
    """Rows as lines whose columns are as wide as their widest cell; ``numbers``: columns that end at the right."""
    cells = [list(row) for row in rows]
    widest = [max(map(width, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        padded = []
        for place, (cell, room) in enumerate(zip(row, widest, strict=True)):
            space = " " * (room - width(cell))
            padded.append(space + cell if place in numbers else cell + space)
        lines.append(GAP.join(padded).rstrip())
    return lines
