"""Reading a QQ account's groups: what happens now, and what happened while nobody was connected.

OneBot repeats nothing. After an absence the history of every group is read back to the last message that we had
(get_group_msg_history of NapCat, LLOneBot, Lagrange and go-cqhttp), newest page first; where that does not reach, the
group gets a visible gap. Who came, went or asked to be let in meanwhile is told by nobody: the list of groups brings
the right numbers, and people are seen again when they speak.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from qunce.chat.connector import NeedsOperator, WireError, gettext_noop
from qunce.chat.connectors import _onebot11_events as events
from qunce.chat.connectors._onebot11_history import History, as_event, digits
from qunce.chat.connectors._onebot11_link import Json, Link
from qunce.chat.connectors._onebot11_refusals import SIGNED_OUT, Unsupported
from qunce.chat.connectors._onebot11_wire import Wire
from qunce.chat.types import (
    Arrival,
    GapSeen,
    GroupSeen,
    Inbound,
    MemberJoined,
    MessageReceived,
    Sender,
)
from qunce.kernel import clock

PORTION = 200
"""Frames in one arrival."""
FILL_PAUSE = 0.1
"""Seconds between two groups: QQ watches who reads much at once."""
OVERLAP = 300.0
"""Seconds by which clocks may differ and messages be late; who spoke within them is remembered by message."""
KEEP = 20.0
"""Seconds after which it is worth storing that nothing happened."""

_HIDDEN = gettext_noop("The OneBot implementation did not let us read what was said while we were away.")
_HOLE = gettext_noop("The history of the OneBot implementation has a hole.")


@dataclass(slots=True)
class Place:
    """Up to where we have read: when that was (Unix seconds), and the last message of groups that spoke just before.

    For every other group all that is older than ``at``, less the overlap, was read. What was said before ``began``
    is the past, which groups read when they are adopted.
    """

    at: float
    began: int
    rooms: dict[str, tuple[float, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, stored: str | None) -> "Place | None":
        """As `dump` made it."""
        if not stored:
            return None
        found = json.loads(stored)
        return cls(found["at"], found["began"], {group: (at, key) for group, (at, key) in found["rooms"].items()})

    def dump(self) -> str:
        """As stored: what is older than the overlap is said by ``at`` alone."""
        recent = {group: last for group, last in self.rooms.items() if last[0] >= self.at - OVERLAP}
        self.rooms = recent
        return json.dumps({"at": self.at, "began": self.began, "rooms": recent}, separators=(",", ":"))

    def note(self, message: MessageReceived) -> None:
        """A message was read."""
        at = message.sent_at.timestamp()
        if at >= self.rooms.get(message.group, (0.0, ""))[0]:
            self.rooms[message.group] = (at, message.external_id)

    def bound(self, group: str) -> tuple[float, str]:
        """Before which moment all was read, and the last message that was, if that is known."""
        return self.rooms.get(group, (max(self.at - OVERLAP, self.began), ""))


class Reader:
    """Reads what one connection brings for ``me``."""

    def __init__(self, wire: Wire, link: Link, me: str, *, accept_invitations: bool) -> None:
        self._wire = wire
        self._link = link
        self._me = me
        self._accepts = accept_invitations
        self._known: set[str] = set()
        self._told: set[tuple[str, str]] = set()
        self._unfilled: set[str] = set()
        self._stored_at = 0.0

    async def arrivals(self, cursor: str | None) -> AsyncIterator[Arrival]:
        """Arrivals from ``cursor`` on, until the connection breaks (Retry) or QQ signs us out (NeedsOperator)."""
        self._must_be_online()
        place, begun = Place.load(cursor), _now()
        groups = await self._groups()
        if place is None:
            self._link.waiting()  # Said before we began.
            place = Place(begun, int(begun))
            yield Arrival(groups, place.dump())
        else:
            yield Arrival(groups)
            async for arrival in self._missed([each.group for each in groups], place, begun):
                yield arrival
        while True:
            arrival = await self._read(await self._link.frames(PORTION), place)
            if arrival.events or arrival.unreadable or place.at - self._stored_at >= KEEP:
                self._stored_at = place.at
                yield replace(arrival, cursor=place.dump())
            self._must_be_online()

    def _must_be_online(self) -> None:
        if not self._link.online:
            raise NeedsOperator(SIGNED_OUT)

    async def _groups(self) -> list[GroupSeen]:
        answer = await self._wire.read("get_group_list")
        found = [each for each in answer.get("list", ()) if isinstance(each, dict) and each.get("group_id")]
        groups = [events.group_seen(each) for each in found]
        self._known |= {each.group for each in groups}
        return groups

    # -------------------------------------------------------------- what happened meanwhile
    async def _missed(self, groups: Sequence[str], place: Place, begun: float) -> AsyncIterator[Arrival]:
        """What every group said while we were away; what happens during that is not kept waiting.

        Each group that is done is noted in the place, so that an interruption begins after it. A group that still
        waits stays where it was, whatever is said in it now.
        """
        self._unfilled = set(groups)
        history, able = History(self._wire), True
        for group in groups:
            told: list[Inbound] = []
            unreadable: list[tuple[Any, str]] = []
            if able:
                try:
                    told, unreadable = await self._fill(history, group, place)
                except Unsupported:
                    able = False
            if not able:
                told = [GapSeen(group, _moment(place.at), _moment(begun), _HIDDEN)]
            self._unfilled.discard(group)
            told = [each for each in told if not self._was_told(each)]
            self._told |= {(each.group, each.external_id) for each in told if isinstance(each, MessageReceived)}
            now = await self._read(self._link.waiting(PORTION), place, moves=False)
            yield Arrival([*told, *now.events], place.dump(), [*unreadable, *now.unreadable])
            await asyncio.sleep(FILL_PAUSE if able else 0)
        now = await self._read(self._link.waiting(), place, moves=False)
        self._told.clear()
        place.at = begun
        yield replace(now, cursor=place.dump())

    async def _fill(self, history: History, group: str, place: Place) -> tuple[list[Inbound], list[tuple[Any, str]]]:
        moment, last = place.bound(group)
        past = await history.since(group, moment, last)
        told: list[Inbound] = []
        unreadable: list[tuple[Any, str]] = []
        for each in past.said:
            try:
                told += events.read(as_event(each), self._me)
            except ValueError as error:
                unreadable.append((each, str(error)))
        for event in told:
            if isinstance(event, MessageReceived):
                place.note(event)
        gaps = [GapSeen(group, events.moment(a), events.moment(b), _HOLE) for a, b in past.holes]
        if past.gap:
            until = events.moment(past.said[0]) if past.said else clock.now()
            gaps.insert(0, GapSeen(group, _moment(moment), max(until, _moment(moment)), past.gap))
        return [*gaps, *told], unreadable

    # -------------------------------------------------------------- what happens now
    async def _read(self, frames: Iterable[str | Json], place: Place, *, moves: bool = True) -> Arrival:
        """What frames say, with what else has to be known of new people and groups."""
        told: list[Inbound] = []
        unreadable: list[tuple[Any, str]] = []
        for frame in frames:
            try:
                if isinstance(frame, str):
                    _not_json()
                for event in events.read(frame, self._me):
                    told += await self._complete(event, place)
                if events.is_invitation(frame):
                    await self._accept(frame)
            except ValueError as error:
                unreadable.append((frame, str(error)))
        if moves:
            place.at = max(place.at, _now())
        return Arrival(told, None, unreadable)

    async def _complete(self, event: Inbound, place: Place) -> list[Inbound]:
        """The event, with what else has to be known; nothing for what was told already."""
        match event:
            case MessageReceived(group, key):
                if self._was_told(event):
                    return []
                if group in self._unfilled:
                    self._told.add((group, key))
                else:
                    place.note(event)
                return [*await self._introduced(group), event]
            case GroupSeen(group, direct=True):
                return [] if group in self._known else [self._now_known(event)]
            case GroupSeen(group, None):
                self._known.discard(group)
                return await self._introduced(group)
            case MemberJoined(group, Sender(who, "")):
                event = replace(event, member=await self._person(group, who))
        return [event]

    def _was_told(self, event: Inbound) -> bool:
        """Whether the history, or the connection while groups are filled, has brought this message already."""
        return isinstance(event, MessageReceived) and (event.group, event.external_id) in self._told

    def _now_known(self, seen: GroupSeen) -> GroupSeen:
        self._known.add(seen.group)
        return seen

    async def _introduced(self, group: str) -> list[Inbound]:
        """A group that was not in the list, by its name."""
        if group in self._known or group.startswith(events.DIRECT):
            return []
        self._known.add(group)
        if self._link.gone:
            return [GroupSeen(group)]
        try:
            found = await self._wire.read("get_group_info", {"group_id": digits(group)}, within=5)
            return [events.group_seen(found | {"group_id": group})]
        except WireError:
            return [GroupSeen(group)]

    async def _person(self, group: str, who: str) -> Sender:
        """Somebody who came, by their name: the notice has only their number."""
        if self._link.gone:
            return Sender(who)
        asked = {"group_id": digits(group), "user_id": digits(who)}
        try:
            found = await self._wire.read("get_group_member_info", asked, within=5)
        except WireError:
            return Sender(who)
        return events.member(found | {"user_id": who})

    async def _accept(self, invitation: Json) -> None:
        """Enter a group that we are invited to, where the operator wants that; the group then tells that we came."""
        if not self._accepts:
            return
        asked = {"flag": invitation.get("flag"), "sub_type": "invite", "type": "invite", "approve": True}
        try:
            await self._wire.act("set_group_add_request", asked, within=10)
        except WireError:
            return  # Withdrawn, or answered in QQ itself: whoever wants us there invites again.


def _not_json() -> NoReturn:
    raise ValueError("a frame is no JSON object")


def _now() -> float:
    return clock.now().timestamp()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
