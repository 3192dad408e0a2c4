"""Pictures that are made here: words by how often they are said. Drawn with the fonts that the pages use."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from unicodedata import category
from zlib import crc32

import numpy as np
from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont

from qunce.kernel.errors import Invalid

MOST_WORDS = 150
_FONTS = {False: "vendor/fonts/NotoSansSC-Regular.ttf", True: "vendor/fonts/NotoSansSC-Bold.ttf"}
_LIGHT = ("#ffffff", ("#1d4ed8", "#0f766e", "#15803d", "#b45309", "#be123c", "#7e22ce", "#0369a1", "#374151"))
_DARK = ("#151a22", ("#93c5fd", "#5eead4", "#86efac", "#fcd34d", "#fda4af", "#d8b4fe", "#7dd3fc", "#e5e7eb"))
"""Ground and inks; each is read on its ground (a contrast of 4.5 to 1 at least)."""

_CELL = 4
"""Room is looked for on a grid so much coarser than the picture."""
_SMALLEST = 13
_GAP = 0.09
"""The part of a word's size that stays free around it."""
_FILLED = 0.6
"""The part of the picture that the boxes of all words should fill."""
_TURNED = 9
"""One Latin word of so many stands upright, and none of the largest."""
_LARGE = 12
_LEAN = 0.06
"""How far from the middle, in widths of the picture, words gather by chance."""


@dataclass(frozen=True, slots=True)
class _Placed:
    word: str
    size: int
    left: int
    top: int
    turned: bool
    ink: str


def word_cloud(
    words: Mapping[str, float], *, width: int = 1200, height: int = 675, dark: bool = False, seed: int = 0
) -> bytes:
    """A PNG of words, each as large as its weight, the heaviest in the middle; the same words give the same picture.

    Signs that the font does not have (emoji) are left out, and so are words of nothing else, and the lightest words
    where there is no room. Raises Invalid where the fonts are missing. ``seed``: another arrangement of the same.
    """
    ground, inks = _DARK if dark else _LIGHT
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    for placed in _arranged(_shown(words), width, height, inks, seed):
        if placed.turned:
            mask = _mask(placed.word, placed.size, turned=True)
            image.paste(placed.ink, (placed.left, placed.top), mask)
        else:
            left, top, _right, _bottom = _font(placed.size).getbbox(placed.word)
            draw.text((placed.left - left, placed.top - top), placed.word, font=_font(placed.size), fill=placed.ink)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _shown(words: Mapping[str, float]) -> list[tuple[str, float]]:
    """The words that can be drawn, the heaviest first."""
    weights: dict[str, float] = {}
    for word, weight in words.items():
        drawn = "".join(sign for sign in word if _has(sign)).strip()
        if drawn and weight > 0:
            weights[drawn] = max(weights.get(drawn, 0.0), float(weight))
    return sorted(weights.items(), key=lambda each: (-each[1], each[0]))[:MOST_WORDS]


def _arranged(
    shown: Sequence[tuple[str, float]], width: int, height: int, inks: Sequence[str], seed: int
) -> Iterator[_Placed]:
    room = _Room(width, height)
    sizes = _sizes(shown, width, height)
    for rank, ((word, _weight), size) in enumerate(zip(shown, sizes, strict=True)):
        chance = crc32(f"{seed}:{word}".encode())
        turned = rank >= _LARGE and word.isascii() and len(word) > 3 and chance % _TURNED == 0  # noqa: PLR2004 (short ones gain nothing)
        while size >= _SMALLEST:
            left, top, right, bottom = _font(size).getbbox(word)
            across, down = int(right - left), int(bottom - top)
            box = (down, across) if turned else (across, down)
            if place := room.take(*box, gap=max(3, int(size * _GAP)), chance=chance):
                yield _Placed(word, size, *place, turned, inks[(rank * 3 + seed) % len(inks)])
                break
            size = int(size * 0.9)  # noqa: PLW2901 (the next try is smaller)


def _sizes(shown: Sequence[tuple[str, float]], width: int, height: int) -> list[int]:
    """Sizes by the root of the weights, so large together that the picture is well filled, and none too wide."""
    if not shown:
        return []
    heaviest = shown[0][1]
    shares = [max(0.16, (weight / heaviest) ** 0.5) for _word, weight in shown]
    probe = 40
    lengths = [_font(probe).getlength(word) / probe for word, _weight in shown]
    area = sum(share * share * (length + 0.2) * 1.25 for share, length in zip(shares, lengths, strict=True))
    largest = min((_FILLED * width * height / area) ** 0.5, height * 0.34)
    return [
        int(max(_SMALLEST, min(largest * share, width * 0.9 / length)))
        for share, length in zip(shares, lengths, strict=True)
    ]


class _Room:
    """Which part of the picture is still free, on a coarser grid, with sums by which a free box is found at once."""

    def __init__(self, width: int, height: int) -> None:
        self._taken = np.zeros((height // _CELL, width // _CELL), np.int32)
        down, across = np.indices(self._taken.shape, dtype=np.float32)
        self._aspect = width / height
        self._down, self._across = down, across

    def take(self, width: int, height: int, *, gap: int, chance: int) -> tuple[int, int] | None:
        """Take the free place nearest to the middle for a box: (left, top) in pixels; None where it fits nowhere."""
        across, down = -(-(width + 2 * gap) // _CELL), -(-(height + 2 * gap) // _CELL)
        rows, columns = self._taken.shape
        if across >= columns or down >= rows:
            return None
        sums = np.zeros((rows + 1, columns + 1), np.int32)
        self._taken.cumsum(axis=0).cumsum(axis=1, out=sums[1:, 1:])
        free = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across] + sums[:-down, :-across] == 0
        if not free.any():
            return None
        # A little off the middle, each word otherwise: words in rows and columns would look like a table.
        lean = ((chance & 0xFF) / 255 - 0.5) * columns * _LEAN
        top, left = self._down[: free.shape[0], : free.shape[1]], self._across[: free.shape[0], : free.shape[1]]
        away = ((left + across / 2 - columns / 2 - lean) / self._aspect) ** 2 + (top + down / 2 - rows / 2) ** 2
        row, column = divmod(int(np.where(free, away, np.inf).argmin()), free.shape[1])
        self._taken[row : row + down, column : column + across] = 1
        return column * _CELL + gap, row * _CELL + gap


# ------------------------------------------------------------------ letters
@cache
def _file(*, bold: bool) -> str:
    found = finders.find(_FONTS[bold])
    if not found:
        raise Invalid(
            _("The fonts of this installation are missing."), fix=_("Run `make assets`, or install it again.")
        )
    return str(found)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_file(bold=True), size, layout_engine=ImageFont.Layout.BASIC)


def _mask(word: str, size: int, *, turned: bool) -> Image.Image:
    left, top, right, bottom = _font(size).getbbox(word)
    mask = Image.new("L", (int(right - left), int(bottom - top)), 0)
    ImageDraw.Draw(mask).text((-left, -top), word, font=_font(size), fill=255)
    return mask.transpose(Image.Transpose.ROTATE_90) if turned else mask


@cache
def _has(sign: str) -> bool:
    """Whether the font has a sign, and it is one of a text: no emoji, no box."""
    if category(sign)[0] not in "LNPSZM" or category(sign) in {"So", "Sk"}:
        return False
    font = _font(24)
    return sign == " " or bytes(font.getmask(sign)) not in {bytes(font.getmask("\U0010ffff")), b""}
