"""Briefs: when they go out, what they are chosen from, and what they say."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from qunce.chat.types import Selection

LONGEST_LINE_TITLE = 160
LONGEST_LINE_TEXT = 600
MOST_LINES = 20
MOST_WORDS = 40
LATE_AFTER = timedelta(minutes=45)
"""A brief that could not go out for so long is left out that day."""


class Fallback(StrEnum):
    """What happens at the hour where nobody has approved: the best go; only where they are enough; nothing."""

    BEST = "best"
    ENOUGH = "enough"
    SKIP = "skip"


class BriefState(StrEnum):
    """Where a brief stands: it can be edited; somebody has approved it; it went out; it did not."""

    OPEN = "open"
    APPROVED = "approved"
    SENT = "sent"
    SKIPPED = "skipped"


class Line(BaseModel):
    """One thing worth knowing. ``key`` says what it was made from (``entry:<id>``, ``item:<id>`` …), once per brief.

    ``url``: where more of it is, or empty. ``source``: who says so. ``picked``: by somebody of the team.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    title: str = Field(max_length=LONGEST_LINE_TITLE)
    text: str = Field(default="", max_length=LONGEST_LINE_TEXT)
    url: str = ""
    source: str = ""
    picked: bool = False


@dataclass(frozen=True, slots=True)
class PlanWish:
    """What somebody wants of a plan. ``weekdays``: 0 is Monday; ``opens``: hours before ``at``.

    ``weights``: by feed, 1 is usual; no feed at all means every feed of the community. ``day_off``: the country on
    whose public holidays nothing goes out (CN …). ``editor_id``: who of the staff is told when it can be edited.
    """

    name: str
    selection: Selection
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    at: time = time(8, 30)
    opens: int = 12
    count: int = 3
    weights: dict[int, int] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    header: str = ""
    footer: str = ""
    fallback: Fallback = Fallback.BEST
    at_least: int = 1
    editor_id: int | None = None
    day_off: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that a brief may have. ``place``: from 0, where its feed has it; ``at``: when it came out."""

    id: int
    feed_id: int
    source: str
    title: str
    text: str
    url: str
    at: datetime
    weight: int = 1
