"""The message vocabulary of Qunce, and what connectors hand in and take out. No Django, no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

LONGEST_TEXT = 20_000
EVERYBODY = "*"


# ------------------------------------------------------------------ what a message says
@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody is addressed: ``who`` is their external id, or EVERYBODY."""

    who: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, file, sound or film: a reference that the connector can fetch, not its bytes."""

    kind: str
    ref: str
    name: str = ""
    content_type: str = ""
    size: int | None = None


Part: TypeAlias = Text | Mention | Media
_PARTS: Mapping[str, type[Part]] = {"text": Text, "mention": Mention, "media": Media}


@dataclass(frozen=True, slots=True)
class Content:
    """What is said, in parts and order."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, text: str) -> "Content":
        """Plain text as content."""
        return cls((Text(text),))

    @property
    def plain(self) -> str:
        """The content as text, as search, keyword rules and previews see it."""
        return "".join(_plain(part) for part in self.parts)

    def to_json(self) -> list[dict[str, Any]]:
        """As stored."""
        names = {kind: key for key, kind in _PARTS.items()}
        return [
            {"is": names[type(part)], **{name: getattr(part, name) for name in part.__slots__}} for part in self.parts
        ]

    @classmethod
    def from_json(cls, stored: Sequence[Mapping[str, Any]]) -> "Content":
        """As `to_json` made it."""
        return cls(tuple(_PARTS[part["is"]](**{k: v for k, v in part.items() if k != "is"}) for part in stored))


def _plain(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case Mention(who, name):
            return f"@{name or who}"
        case Media(kind, _ref, name):
            return f"[{name or kind}]"


# ------------------------------------------------------------------ what comes in
class Origin(IntEnum):
    """Where a batch comes from. Only live messages are reacted to."""

    LIVE = 1
    BACKFILL = 2
    IMPORT = 3


@dataclass(frozen=True, slots=True)
class Sender:
    """An account of the platform, as it describes itself."""

    external_id: str
    name: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """Somebody said something in a group. ``sent_at`` is the platform's stamp, aware.

    ``parts`` is None where the text is all there is. ``delivery_id`` is set where the platform echoes our
    own message and tells us which it was.
    """

    group: str
    external_id: str
    sent_at: datetime
    sender: Sender
    text: str
    parts: tuple[Part, ...] | None = None
    reply_to: str | None = None
    delivery_id: str | None = None


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A message now says something else.

    ``by``: the editor's external id, where the platform lets anybody claim an edit; then only the message's own
    sender counts. None: the platform has seen to that.
    """

    group: str
    external_id: str
    at: datetime
    text: str
    parts: tuple[Part, ...] | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A message was taken away, by its sender, an administrator or us."""

    group: str
    external_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """Somebody entered a group. ``at`` is None for those found there when we first looked."""

    group: str
    member: Sender
    at: datetime | None
    inviter: Sender | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """Somebody left a group or was removed from it."""

    group: str
    member: Sender
    at: datetime


@dataclass(frozen=True, slots=True)
class GroupSeen:
    """The account is in this group; what the platform says of it. None: not said, nothing changes.

    ``reads``: where this account reads less here than its connector promises, such as an encrypted room.
    """

    group: str
    name: str | None = None
    topic: str | None = None
    member_count: int | None = None
    reads: "Reads | None" = None


@dataclass(frozen=True, slots=True)
class GroupGone:
    """The account is no longer in this group."""

    group: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GapSeen:
    """Between these moments the wire may have carried messages that we have not read."""

    group: str
    since: datetime
    until: datetime
    reason: str


Inbound: TypeAlias = (
    MessageReceived | MessageEdited | MessageDeleted | MemberJoined | MemberLeft | GroupSeen | GroupGone | GapSeen
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a connector's `listen` yields: parsed events, raw events it could not parse, and its new cursor."""

    events: Sequence[Inbound]
    cursor: str | None = None
    unreadable: Sequence[tuple[Any, str]] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one account on their way into `ingest`. ``epoch`` is the lease's; None for webhooks and imports."""

    account_id: int
    origin: Origin
    events: Sequence[Inbound]
    cursor: str | None = None
    epoch: int | None = None
    unreadable: Sequence[tuple[Any, str]] = ()


# ------------------------------------------------------------------ what goes out
class Purpose(IntEnum):
    """Why something is sent; lower goes first. Quiet hours and caps bind campaigns, never a reply."""

    REPLY = 0
    RELAY = 1
    SERVICE = 2
    CAMPAIGN = 3


class DeliveryState(StrEnum):
    """A delivery's life: see chat.policies.TRANSITIONS."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RECALLED = "recalled"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to one group. ``delivery_id`` is the platform's transaction id where it takes one."""

    delivery_id: str
    group: str
    content: Content
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it. ``at`` is its stamp, None where it does not say."""

    external_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """Take back a message that we sent."""

    group: str
    external_id: str
    delivery_id: str


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Read one page of a group's past, newest first, from ``before`` (None: from now); about ``limit`` messages."""

    group: str
    before: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of the past; ``before`` of the next one, None at the beginning."""

    events: Sequence[Inbound]
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """An operation was carried out."""


Operation: TypeAlias = Recall | ReadHistory
Performed: TypeAlias = Done | HistoryPage


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


# ------------------------------------------------------------------ what a connector says of itself
class Replay(StrEnum):
    """What the wire gives again after a break: from our cursor, what we have not acknowledged, history, nothing."""

    CURSOR = "cursor"
    ACK = "ack"
    HISTORY = "history"
    NONE = "none"


class Reads(StrEnum):
    """What an account reads in a group. What is not read is never scored."""

    ALL = "all"
    MENTIONS = "mentions"
    NONE = "none"
    ENCRYPTED = "encrypted"


@dataclass(frozen=True, slots=True)
class Pace:
    """Published limits: messages per second and burst, for the account and for each chat."""

    per_second: float
    burst: int
    chat_per_second: float
    chat_burst: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do through this connector; pages offer nothing else."""

    replay: Replay
    reads: Reads
    pace: Pace
    idempotent_hours: float = 0
    echoes: bool = False
    recall: bool = False
    recall_hours: float | None = None
    history: bool = False
    reply: bool = False
    mention: bool = False
    longest_text: int = 4000


class AccountState(StrEnum):
    """How an account is: never checked, at work, waiting for its platform, or in need of a person."""

    NEW = "new"
    WORKING = "working"
    WAITING = "waiting"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Checked:
    """The account is alive: who it is on its platform, and remarks for the operator.

    ``secrets``: fields of Config that the platform gave in exchange for what was entered (a session's token);
    they are stored sealed and handed to the next instance. None: nothing new, the stored ones stay.
    """

    external_id: str
    name: str
    remarks: Sequence[str] = field(default_factory=tuple)
    secrets: Mapping[str, str] | None = None
