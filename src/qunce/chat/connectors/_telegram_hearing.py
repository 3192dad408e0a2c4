"""What a Telegram bot hears: polled or brought, and which groups that is about."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiogram.methods import GetChatMember, GetChatMemberCount, GetMe
from aiogram.types import Chat, Update

from qunce.chat.connector import WireError, gettext_noop
from qunce.chat.connectors import _telegram_updates as updates
from qunce.chat.connectors._telegram_wire import Wire
from qunce.chat.types import (
    EVERY_GROUP,
    Arrival,
    GapSeen,
    GroupGone,
    GroupMoved,
    GroupSeen,
    Inbound,
    JoinRequested,
    MemberJoined,
    MemberLeft,
    MessageReceived,
    Reads,
)
from qunce.kernel import clock

ALLOWED = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
]
POLL = 50
"""Seconds that the Bot API holds a poll while nothing happens."""
PAGE = 100
KEPT = timedelta(hours=24)
"""For so long Telegram keeps what nobody fetched."""
SIGN_OF_LIFE = timedelta(minutes=10)
INTRODUCED = timedelta(hours=1)
"""For so long a group that was introduced is not introduced again."""
LOOK_WITHIN = 5.0
_STANDING = (GroupSeen, GroupGone, GroupMoved, JoinRequested)
_TOO_LONG = gettext_noop("Telegram keeps what was said for 24 hours; Qunce was away for longer.")
_TAKEN = gettext_noop("Another program has read some of this bot's messages.")


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where we have read: the next update's number, and when that was (Unix seconds)."""

    offset: int | None
    at: int

    @classmethod
    def load(cls, stored: str | None) -> "Place | None":
        """As `dump` made it."""
        return cls(**json.loads(stored)) if stored else None

    def dump(self) -> str:
        """As stored."""
        return json.dumps({"offset": self.offset, "at": self.at})

    @property
    def moment(self) -> datetime:
        """When we had read everything up to here."""
        return datetime.fromtimestamp(self.at, UTC)


@dataclass(slots=True)
class Known:
    """A chat that was introduced: how it was called, when that was, and whether we are its administrator."""

    name: str
    at: datetime
    administers: bool = False


@dataclass(slots=True)
class Hearing:
    """Makes arrivals of updates. ``known``: chats that were introduced already."""

    wire: Wire
    me: int
    known: dict[int, Known] = field(default_factory=dict)
    reads_all: bool | None = None

    # -------------------------------------------------------------- polled
    async def poll(self, cursor: str | None) -> AsyncIterator[Arrival]:
        """Arrivals from ``cursor`` on; without one, what is true of our groups, and then what happens from now on.

        Asking for an update's successor forgets it at Telegram: it is asked for only when we are asked for more.
        """
        self.reads_all = await self._reads_all()
        place, first = Place.load(cursor), True
        past = place is None
        while True:
            offset = place.offset if place else None
            found = await self.wire.updates(offset, 0 if first or past else POLL, ALLOWED)
            now = clock.now()
            if place and not (found or first or past or now - place.moment > SIGN_OF_LIFE):
                continue
            arrival = await self.arrival(found)
            if past:
                arrival = replace(arrival, events=[each for each in arrival.events if isinstance(each, _STANDING)])
            elif first and place and (gap := _gap(place, found, arrival.events, now)):
                arrival = replace(arrival, events=[gap, *arrival.events])
            place = Place(_after(found, offset), int(now.timestamp()))
            first, past = False, past and len(found) == PAGE
            yield replace(arrival, cursor=place.dump())

    # -------------------------------------------------------------- in any case
    async def arrival(self, raws: Sequence[Any]) -> Arrival:
        """What updates say, after an introduction of the chats that they are about."""
        heard: list[Update] = []
        unreadable: list[tuple[Any, str]] = []
        for raw in raws:
            try:
                heard.append(updates.load(raw))
            except (ValueError, OverflowError, OSError) as error:
                unreadable.append((raw, str(error)))
        introduced = await self._introductions(heard)
        events: list[Inbound] = [*introduced]
        known = {each.group for each in introduced}  # with more than the update itself says of them
        for update in heard:
            told = self._read(update)
            events += [each for each in told if not (isinstance(each, GroupSeen) and each.group in known)]
        return Arrival(events, unreadable=unreadable)

    def _read(self, update: Update) -> list[Inbound]:
        """What one update says. Administrators are told of members with where they come from: that goes first."""
        told = updates.read(update, self.me)
        known = self.known.get(update.message.chat.id) if update.message else None
        if known and known.administers:
            return [each for each in told if not isinstance(each, MemberJoined | MemberLeft)]
        return told

    async def _introductions(self, heard: Sequence[Update]) -> list[GroupSeen]:
        """The chats that are new, renamed, not introduced lately, or in which our rights have changed."""
        now = clock.now()
        due: dict[int, Chat] = {}
        for update in heard:
            if (chat := updates.chat_of(update)) is None:
                continue
            known = self.known.get(chat.id)
            fresh = known and known.name == updates.name_of(chat) and now - known.at < INTRODUCED
            if not fresh or update.my_chat_member:
                due[chat.id] = chat
        seen = await asyncio.gather(*(self._introduce(chat) for chat in due.values()))
        return [each for each in seen if each]

    async def _reads_all(self) -> bool:
        return bool((await self.wire.ask(GetMe())).get("can_read_all_group_messages"))

    async def _introduce(self, chat: Chat) -> GroupSeen | None:
        known = self.known[chat.id] = Known(updates.name_of(chat), clock.now())
        seen = updates.seen(chat)
        if seen.direct:
            return seen
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                if self.reads_all is None:
                    self.reads_all = await self._reads_all()
                standing = (await self.wire.ask(GetChatMember(chat_id=chat.id, user_id=self.me)))["status"]
                if standing in {"left", "kicked"}:
                    return None
                known.administers = standing in {"administrator", "creator"}
                count = await self.wire.ask(GetChatMemberCount(chat_id=chat.id))
        except (WireError, TimeoutError):
            return seen  # that we are there is true all the same
        reads = Reads.ALL if self.reads_all or known.administers else Reads.MENTIONS
        return replace(seen, member_count=count, reads=reads)


def _after(found: Sequence[Any], offset: int | None) -> int | None:
    """The number after the last update, whatever else is wrong with it."""
    return found[-1]["update_id"] + 1 if found else offset


def _gap(place: Place, found: Sequence[Any], events: Sequence[Inbound], now: datetime) -> GapSeen | None:
    """What was lost between our place and what Telegram still has: updates are numbered one after the other."""
    if now - place.moment > KEPT:
        return GapSeen(EVERY_GROUP, place.moment, now - KEPT, _TOO_LONG)
    if place.offset is None or not found or found[0]["update_id"] <= place.offset:
        return None
    first = min((each.sent_at for each in events if isinstance(each, MessageReceived)), default=now)
    return GapSeen(EVERY_GROUP, place.moment, max(first, place.moment), _TAKEN)
