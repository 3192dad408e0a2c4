"""Texts with variables, ``Hello {name}``, filled in per person or group. Pure.

A brace that is meant as a brace is written twice. Each variable has an English and a Chinese name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qunce.kernel.words import listed

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class BadTextError(ValueError):
    """The text cannot be filled in: ``name`` is no variable, or (empty) a brace stands alone."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class FillableText:
    """A text cut at its variables: plain pieces at even places, the variables' names at odd ones."""

    pieces: tuple[str, ...]

    @property
    def variables(self) -> frozenset[str]:
        """The English names of the variables that occur."""
        return frozenset(self.pieces[1::2])

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with its variables filled in; braces within the values stay as they are."""
        return "".join([values[piece] if place % 2 else piece for place, piece in enumerate(self.pieces)])

    def worth_saying(self, values: Mapping[str, str]) -> "FillableText":
        """The text without its lines in which there are variables and every one is empty.

        Nor are empty lines left doubled, at the beginning or at the end by what is gone.
        """
        if all(values[name].strip() for name in self.variables):
            return self
        kept: list[list[str]] = []
        gone = False
        for line in self._lines():
            if len(line) > 1 and not any(values[name].strip() for name in line[1::2]):
                gone = True
            elif not gone or _says(line) or (kept and _says(kept[-1])):
                kept.append(line)
                gone = gone and not _says(line)
        while gone and kept and not _says(kept[-1]):
            kept.pop()
        return _joined(kept)

    def _lines(self) -> list[list[str]]:
        """The pieces of each line."""
        lines = [[""]]
        for place, piece in enumerate(self.pieces):
            if place % 2:
                lines[-1] += [piece, ""]
            else:
                first, *more = piece.split("\n")
                lines[-1][-1] += first
                lines += [[each] for each in more]
        return lines


def _says(line: Sequence[str]) -> bool:
    return len(line) > 1 or bool(line[0].strip())


def _joined(lines: Sequence[Sequence[str]]) -> FillableText:
    pieces = [""]
    for number, (first, *more) in enumerate(lines):
        pieces[-1] += f"\n{first}" if number else first
        pieces += more
    return FillableText(tuple(pieces))


def fillable(text: str, variables: Mapping[str, str]) -> FillableText:
    """Cut a text at ``{variable}``; ``variables`` gives each name its Chinese alias. Raises BadTextError."""
    meaning = {name: name for name in variables} | {alias: name for name, alias in variables.items()}
    pieces = [""]
    at = 0
    for found in _BRACES.finditer(text):
        pieces[-1] += text[at : found.start()]
        at = found.end()
        if found[0] in {"{{", "}}"}:
            pieces[-1] += found[0][0]
            continue
        said = (found[1] or "").strip()
        if said not in meaning:
            raise BadTextError(said)
        pieces += [meaning[said], ""]
    pieces[-1] += text[at:]
    return FillableText(tuple(pieces))


def known(variables: Mapping[str, str]) -> str:
    """All variables under both names, as they are written: what an error message offers."""
    return listed(f"{{{name}}} {{{alias}}}" for name, alias in variables.items())
