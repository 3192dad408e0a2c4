"""What members suggest, and what becomes of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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
