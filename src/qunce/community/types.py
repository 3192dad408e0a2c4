"""Words of the community context."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from zoneinfo import ZoneInfo, available_timezones

HISTORY = "history"
"""The platform of groups of which there is only a history: no connector has this key, no account serves them."""
LANGUAGES = ("zh-hans", "zh-hant", "en")
"""What a community's people may read; the first one named is the one a bot speaks."""

ZONES = frozenset(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/"))
) | {"UTC"}
"""Zones that are places: PostgreSQL and Python know them by the same name."""


@dataclass(frozen=True, slots=True)
class CommunityProfile:
    """What the team writes down about a community. ``zone``: an IANA name; ``languages``: at least one."""

    name: str
    purpose: str = ""
    shared_goal: str = ""
    promise: str = ""
    voice: str = ""
    zone: str = "Asia/Shanghai"
    languages: tuple[str, ...] = ("zh-hans",)

    @property
    def fingerprint(self) -> str:
        """Changes with the content: a form carries it, so that nobody overwrites what he has not seen."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


class GroupState(StrEnum):
    """Where a group stands: found (in no community yet), adopted (read and served), archived (history only)."""

    ADOPTED = "adopted"
    FOUND = "found"
    ARCHIVED = "archived"


class GroupOrder(StrEnum):
    """How a list of groups is sorted."""

    NAME = "name"
    NEWEST = "newest"
    MEMBERS = "members"
    BUSIEST = "busiest"
    QUIETEST = "quietest"


@dataclass(frozen=True, slots=True)
class GroupFilter:
    """Which groups are wanted; what is empty does not restrict. ``text``: in the name, or a whole tag or id."""

    text: str = ""
    community_id: int | None = None
    tag: str = ""
    platform: str = ""
    state: GroupState = GroupState.ADOPTED
    order: GroupOrder = GroupOrder.NAME


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """A chat room that an account is in, as the platform describes it. ``None``: the platform did not say.

    ``direct``: a private chat of one person with the account.
    """

    external_id: str
    name: str | None = None
    topic: str | None = None
    member_count: int | None = None
    direct: bool = False


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What the pipeline needs of an adopted group for every message.

    ``language``: what a bot speaks there, one of LANGUAGES. ``member_count`` None: the platform does not say.
    ``adopted_at``: since when it is served.
    """

    id: int
    platform: str
    external_id: str
    name: str
    community_id: int
    zone: ZoneInfo
    tags: tuple[str, ...] = ()
    community: str = ""
    language: str = LANGUAGES[0]
    member_count: int | None = None
    adopted_at: datetime | None = None
