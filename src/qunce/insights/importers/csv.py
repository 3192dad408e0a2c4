"""Any table of messages as CSV: with commas, semicolons or tabs, its columns known by name or chosen by a person."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

from qunce.insights.importer import Source
from qunce.insights.importers._logs import beginning
from qunce.insights.importers._tables import PLUS, Table, cells, delimiter_of, guessed, is_history, records

_WIDTH = 3
_SEEN = 20


class Csv(Table):
    """A table whose first row names its columns."""

    title = "CSV"

    def fits(self, lines: Sequence[str]) -> bool:
        """The first row names columns of messages, or the first rows are all of one width."""
        between = delimiter_of(lines)
        head = cells(lines[0].lstrip("\ufeff"), between) or [] if lines else []
        if len(lines) <= 1 or len(head) < _WIDTH or any("\0" in line for line in lines[:_SEEN]):
            return False
        even = {line.count(between) for line in lines[:_SEEN]} == {len(head) - 1}
        return is_history(guessed(head)) or (even and all(cell.strip() and '"' not in cell for cell in head))

    def head(self, source: Source, name: str) -> list[str]:
        """The first row."""
        lines = beginning(source, name)
        return [cell.strip() for cell in cells(lines[0].lstrip("\ufeff"), delimiter_of(lines)) or []]

    def rows(self, source: Source, name: str, columns: Sequence[str]) -> Iterator[tuple[int, Sequence[str] | None]]:
        """All further rows that are wide enough."""
        head = self.head(source, name)
        picked = _picking([[head.index(part) for part in column.split(PLUS)] for column in columns])
        width = len(head)
        rows = records(source, name, delimiter_of(beginning(source, name)))
        next(rows, None)
        return ((number, picked(row) if row is not None and len(row) >= width else None) for number, row in rows)


def _picking(places: Sequence[Sequence[int]]) -> Callable[[list[str]], Sequence[str]]:
    """What picks the values at these places of a row, those of several places with a space between."""
    if len(places) > 1 and all(len(at) == 1 for at in places):
        return itemgetter(*(at[0] for at in places))
    return lambda row: [" ".join([row[place] for place in at]) for at in places]
