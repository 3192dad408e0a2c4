"""What leaves: why, how it fares, and to which groups."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from qunce.chat.types.content import Content


class Purpose(IntEnum):
    """Why something is sent; lower goes first. Quiet hours and caps bind campaigns, never a reply."""

    REPLY = 0
    RELAY = 1
    SERVICE = 2
    CAMPAIGN = 3


class DeliveryState(StrEnum):
    """A delivery's life: see chat.policies.TRANSITIONS. Held: it waits for its wave, or its broadcast is stopped."""

    HELD = "held"
    PLANNED = "planned"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RECALLED = "recalled"
    SKIPPED = "skipped"


class NoticeState(StrEnum):
    """How a group's notice is: as it should be, told and not there yet, older than the text, refused, for a person
    to set, never told.
    """

    CURRENT = "current"
    ON_ITS_WAY = "on_its_way"
    OUTDATED = "outdated"
    FAILED = "failed"
    BY_HAND = "by_hand"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to one group. ``delivery_id`` is the platform's transaction id where it takes one.

    ``files``: the bytes of our own files in it, by their reference.
    """

    delivery_id: str
    group: str
    content: Content
    reply_to: str | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it. ``at`` is its stamp, None where it does not say."""

    external_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which adopted groups a broadcast goes to: exactly ``group_ids``, or every one that fits the rest.

    Empty fields do not restrict; ``tags``: any of them; ``text``: in the name. A selection that restricts
    nothing means all groups only with ``everywhere``.
    """

    group_ids: tuple[int, ...] = ()
    community_ids: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    text: str = ""
    everywhere: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen."""
        return not (self.group_ids or self.community_ids or self.tags or self.text or self.everywhere)
