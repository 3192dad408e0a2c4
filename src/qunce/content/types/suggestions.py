"""What members suggest, and what becomes of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

TOLD_AFTER = timedelta(seconds=10)
"""So long after a decision its authors are told: until then it is undone as if it had never been."""
LONGEST_SUGGESTION = 2000
LONGEST_SUGGESTION_REASON = 600


class SuggestionState(StrEnum):
    """What becomes of a suggestion."""

    NEW = "new"
    CONSIDERED = "considered"
    PLANNED = "planned"
    DONE = "done"
    DECLINED = "declined"


CLOSED = frozenset({SuggestionState.DONE, SuggestionState.DECLINED})


class Standing(BaseModel):
    """How a suggestion stands, by whose word and since when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: SuggestionState
    reason: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class HeardSuggestion:
    """A suggestion as somebody has made it in a group."""

    community_id: int
    group_id: int
    external_id: str
    sent_at: datetime
    identity_id: int
    name: str
    text: str
