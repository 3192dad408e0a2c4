"""A report, written in one language: what pages, PDF and chat messages show, and what is kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from qunce.kernel.charts import Chart


class Tone(StrEnum):
    """Whether something is good, to be watched, or bad; plain: neither."""

    GOOD = "good"
    WATCH = "wait"
    BAD = "bad"
    PLAIN = "off"


class Rhythm(StrEnum):
    """How often a report is made: of the day, the week or the month that has just ended."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Channel(StrEnum):
    """Where a report goes besides its page."""

    PAGE = "page"
    TEAM = "team"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Headline:
    """A number with its name; ``change`` compares it with the time before, ``definition`` says how it is counted."""

    label: str
    value: str
    change: str = ""
    tone: Tone = Tone.PLAIN
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A message that shows what is claimed."""

    name: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What to try: what it is called, its steps, what is expected, and how it will be seen."""

    title: str
    steps: Sequence[str]
    effect: str
    goal: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A finding in words, with the numbers and messages that it rests on, and what to try."""

    sentence: str
    tone: Tone
    numbers: Sequence[tuple[str, str]] = ()
    people: Sequence[str] = ()
    quotes: Sequence[Quote] = ()
    advice: Advice | None = None
    group: str = ""
    """Which group it is about, where the report is about several."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is compared, line by line."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """One question: its answer as a title, a few sentences, and what shows it."""

    title: str
    text: str = ""
    charts: Sequence[Chart] = ()
    table: Table | None = None
    quotes: Sequence[Quote] = ()
    words: Mapping[str, float] = field(default_factory=dict)
    """Drawn as a picture, each as large as it is said often."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is said, ready to be shown. ``title`` answers how it is; ``name`` is who it is about."""

    title: str
    name: str
    period: str
    made: str
    language: str
    headlines: Sequence[Headline]
    claims: Sequence[Claim]
    sections: Sequence[Section]
    limits: Sequence[str]
    """What could not be known or was left out, said plainly."""
    dial: Chart | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        stored: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return stored

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Report":
        """As `to_json` made it."""
        return _ADAPTER.validate_python(stored)


_ADAPTER: TypeAdapter[Report] = TypeAdapter(Report)
