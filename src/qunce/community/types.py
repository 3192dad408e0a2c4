"""Words of the community context."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """A chat room that an account is in, as the platform describes it. ``None``: the platform did not say."""

    external_id: str
    name: str | None = None
    topic: str | None = None
    member_count: int | None = None


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What the pipeline needs of an adopted group for every message."""

    id: int
    platform: str
    external_id: str
    name: str
    community_id: int
    zone: ZoneInfo
