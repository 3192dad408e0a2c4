"""What connectors hand in: events of a platform, and batches of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple, TypeAlias

from qunce.chat.types.content import Part

EVERY_GROUP = "*"
"""In a GapSeen: every group that the account reads."""


class Reads(StrEnum):
    """What an account reads in a group. What is not read is never scored."""

    ALL = "all"
    MENTIONS = "mentions"
    NONE = "none"
    ENCRYPTED = "encrypted"


class Origin(IntEnum):
    """Where a batch comes from. Only live messages are reacted to."""

    LIVE = 1
    BACKFILL = 2
    IMPORT = 3


class Sender(NamedTuple):
    """An account of the platform, as it describes itself."""

    external_id: str
    name: str = ""
    is_bot: bool = False


class MessageReceived(NamedTuple):
    """Somebody said something in a group. ``sent_at`` is the platform's stamp, aware.

    ``parts`` is None where the text is all there is. ``delivery_id`` is set where the platform echoes our
    own message and tells us which it was. (A tuple: a frozen dataclass costs three times that, a million times.)
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
class JoinRequested:
    """Somebody asks to be let into a group. ``reference``: what the platform wants back with the answer."""

    group: str
    member: Sender
    at: datetime
    text: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class GroupSeen:
    """The account is in this group; what the platform says of it. None: not said, nothing changes.

    ``reads``: where this account reads less here than its connector promises, such as an encrypted room.
    ``direct``: a private chat of one person with the account.
    """

    group: str
    name: str | None = None
    topic: str | None = None
    member_count: int | None = None
    reads: Reads | None = None
    direct: bool = False


@dataclass(frozen=True, slots=True)
class GroupGone:
    """The account is no longer in this group."""

    group: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GroupMoved:
    """The platform calls this group by another id from now on; it is the same group with the same people.

    Later messages have ids of another series: connectors keep the two apart.
    """

    group: str
    to: str


@dataclass(frozen=True, slots=True)
class GapSeen:
    """Between these moments the wire may have carried messages that we have not read, here or in EVERY_GROUP."""

    group: str
    since: datetime
    until: datetime
    reason: str


Inbound: TypeAlias = (
    MessageReceived
    | MessageEdited
    | MessageDeleted
    | MemberJoined
    | MemberLeft
    | JoinRequested
    | GroupSeen
    | GroupGone
    | GroupMoved
    | GapSeen
)


@dataclass(frozen=True, slots=True)
class Call:
    """What a platform brings to an account's address (webhook). ``headers``: names in lower case.

    ``path``: what follows the account's address; ``query``: as sent, undecoded.
    """

    headers: Mapping[str, str]
    body: bytes
    path: str = ""
    query: str = ""


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
