"""The library as a file: a line of JSON per item, in a zip with the files."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from qunce.content.types.items import ItemDocument, Openness

LINES = "library.jsonl"
FILES = "files/"
MOST_LINES = 5000
LARGEST_ARCHIVE = 200 << 20
LARGEST_LINES = 50 << 20


class Verdict(StrEnum):
    """What becomes of a line."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """A line of an archive and what becomes of it. ``error``: why it cannot be taken over.

    ``item_id`` and ``edition``: of the item that it changes.
    """

    number: int
    verdict: Verdict
    title: str
    key: str = ""
    document: ItemDocument | None = None
    openness: Openness = Openness.TEAM
    published: bool = False
    community_id: int | None = None
    item_id: int | None = None
    edition: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What importing an archive would do. ``seen`` changes with what decides it."""

    lines: Sequence[PlannedItem]
    seen: str

    def of(self, *verdicts: Verdict) -> list[PlannedItem]:
        """The lines that are judged so."""
        return [line for line in self.lines if line.verdict in verdicts]
