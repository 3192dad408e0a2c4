"""Words of the members context."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody as a platform describes them."""

    external_id: str
    name: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class StayChange:
    """Somebody entered (``joined``) or left a group. ``at`` None with ``joined``: found there."""

    group_id: int
    identity_id: int
    joined: bool
    at: datetime | None
    inviter_id: int | None = None
    source: str = ""
    opened: bool = False
    """Of what told something new: it made a stay of its own, and is no more than the end of one known before."""


class Presence(StrEnum):
    """Whether members are in the groups in question now, or only were."""

    ANY = ""
    HERE = "here"
    LEFT = "left"


class MemberOrder(StrEnum):
    """How a list of members is sorted: by the sound of the name, or the newest first."""

    NAME = "name"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """Which members are wanted; what is empty does not restrict.

    ``text``: the beginning of a name or of its sound, initials, or the beginning of an id on a platform.
    ``group_id``, ``community_id``, ``presence``, ``joined_since`` speak of the same stay. ``named_id``: who of the
    team is named for them, 0 for nobody.
    """

    text: str = ""
    community_id: int | None = None
    group_id: int | None = None
    tag: str = ""
    platform: str = ""
    presence: Presence = Presence.ANY
    joined_since: datetime | None = None
    core: bool = False
    named_id: int | None = None
    order: MemberOrder = MemberOrder.NAME

    @property
    def restricts(self) -> bool:
        """Whether it leaves anybody out."""
        chosen = (self.text, self.community_id, self.group_id, self.tag, self.platform, self.presence)
        return any(chosen) or self.joined_since is not None or self.core or self.named_id is not None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the team, by id and by the name they have now."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is to be done next with a member, until when, and by whom."""

    text: str
    due: date | None = None
    by: Colleague | None = None


class EntryKind(StrEnum):
    """What the team did about a member: each is a line in the timeline."""

    NOTE = "note"
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    RENAMED = "renamed"
    MERGED = "merged"
    SEPARATED = "separated"
    CORE = "core"
    NO_CORE = "no_core"
    TEAM = "team"
    NO_TEAM = "no_team"
    NAMED = "named"
    UNNAMED = "unnamed"
    STEP = "step"
    STEP_DONE = "step_done"
    STEP_DROPPED = "step_dropped"
