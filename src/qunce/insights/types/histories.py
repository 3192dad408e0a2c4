"""Chat histories that other programs wrote, as importers read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import TypeAlias

from qunce.chat.types import MemberJoined, MemberLeft, MessageReceived


class Skip(StrEnum):
    """Why a record of a history is no message, join or departure."""

    SERVICE = "service"
    """A notice of the platform: a call, a pinned message, a new title."""
    ACTION = "action"
    """``/me`` lines: said about oneself, not to the others."""
    EMPTY = "empty"
    """Nothing was said or shown."""
    DELETED = "deleted"
    """Taken back by its sender; what it said is gone."""
    UNREADABLE = "unreadable"
    """Broken, or in a shape that nobody knows; `Skipped.place` says where."""
    EXCLUDED = "excluded"
    """Left out by choice, such as bots."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that is not taken over. ``place``: where it stands, such as ``line 12`` or ``2016-01-04.json, 7``."""

    reason: Skip
    place: str
    what: str = ""
    """The beginning of what stands there, or the platform's name for such a record."""


Entry: TypeAlias = MessageReceived | MemberJoined | MemberLeft | Skipped
"""What an importer yields. The events' ``group`` is the `Chat.key`; times are aware."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One chat in an export. ``key`` names it in this format, the same in every export of it."""

    key: str
    name: str
    messages: int | None = None
    """As far as the export itself says; None: nobody knows before it is read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a person wants a history to be read.

    ``zone``: of times that are written without one. ``columns``: for tables, which column holds what
    (``sent_at``, ``sender``, ``text``, ``sender_id``, ``id``, ``reply_to``, ``chat``); empty: as it is recognised.
    """

    zone: tzinfo = UTC
    columns: Mapping[str, str] = field(default_factory=dict)
    day: datetime | None = None
    """The first day, for formats whose lines have only the time, where no file name tells it."""
