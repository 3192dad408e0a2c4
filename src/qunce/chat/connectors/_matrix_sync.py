"""Reading a Matrix account's rooms: what happened since a place, without holes where the homeserver lets us."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from qunce.chat.connector import Ambiguous, Permanent, Retry, gettext_noop
from qunce.chat.connectors import _matrix_events as events
from qunce.chat.connectors._matrix_wire import Json, Query, Wire, part
from qunce.chat.types import Arrival, GapSeen, GroupGone, GroupSeen, HistoryPage, Inbound, MemberJoined, Sender
from qunce.kernel import clock

POLL = 30
"""Seconds that the homeserver holds a poll while nothing happens."""
FIRST_WITHIN = 600.0
"""Seconds that a homeserver has to list the rooms of an account that it sees for the first time."""
ENTER_WITHIN = 20.0
TIMELINE = 50
"""Events per room in one answer; what exceeds them is read page by page."""
FILL_PAGES = 20
FILL_PAGE = 100
PORTION = 500
"""Events in one arrival."""

_TALK = ["m.room.message", "m.sticker", "m.room.redaction", "m.room.member"]
_STATE = ["m.room.create", "m.room.name", "m.room.topic", "m.room.canonical_alias", "m.room.encryption"]
_NOTHING = {"not_types": ["*"]}
# People come along with what they say, every time: that costs a little, and no names need to be remembered.
_PEOPLE = {"lazy_load_members": True, "include_redundant_members": True}
_HISTORY = {"types": _TALK, **_PEOPLE}

_TOO_MUCH = gettext_noop("More was said while we were away than could be read again.")
_HIDDEN = gettext_noop("The homeserver did not let us read what was said while we were away.")
_LOST_PLACE = gettext_noop("The homeserver has forgotten up to where we had read.")


def _filter(timeline: int) -> str:
    room = {
        "timeline": {"types": [*_TALK, *_STATE], "limit": timeline, **_PEOPLE},
        "state": {"types": [*_STATE, "m.room.member"], **_PEOPLE},
        "ephemeral": _NOTHING,
        "account_data": _NOTHING,
    }
    return json.dumps({"room": room, "presence": _NOTHING, "account_data": _NOTHING})


@dataclass(slots=True)
class Place:
    """Up to where we have read: the homeserver's token, when that was (Unix seconds), invitations yet to accept."""

    since: str
    at: float
    invitations: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, stored: str | None) -> "Place | None":
        """As `dump` made it."""
        return cls(**json.loads(stored)) if stored else None

    def dump(self) -> str:
        """As stored."""
        return json.dumps(asdict(self))

    def moved_from(self, earlier: "Place | None") -> bool:
        """Whether there is anything new to store."""
        return earlier is None or (self.since, self.invitations) != (earlier.since, earlier.invitations)

    @property
    def moment(self) -> datetime:
        """When we had read everything up to here."""
        return datetime.fromtimestamp(self.at, UTC)


@dataclass(slots=True)
class Told:
    """What one answer of the homeserver told us, and where we are after it."""

    place: Place
    events: list[Inbound] = field(default_factory=list)
    unreadable: list[tuple[Any, str]] = field(default_factory=list)

    def portions(self) -> Iterator[Arrival]:
        """Arrivals of bearable size; the cursor goes with the last."""
        *early, last = [self.events[at : at + PORTION] for at in range(0, max(1, len(self.events)), PORTION)]
        yield from (Arrival(portion) for portion in early)
        yield Arrival(last, self.place.dump(), self.unreadable)

    def take(self, room: str, said: Sequence[Json], names: Mapping[str, str], me: str) -> None:
        """Read events of a room."""
        for event in said:
            try:
                self.events += events.read(room, event, names, me)
            except ValueError as error:
                sender = str(event.get("sender"))
                known = {sender: names[sender]} if sender in names else {}
                self.unreadable.append(({"room": room, "event": event, "names": known}, str(error)))


@dataclass(slots=True)
class Missed:
    """What an answer left out between our place and its timeline, oldest first; ``gap``: why not all of it."""

    said: list[Json] = field(default_factory=list)
    people: list[Json] = field(default_factory=list)
    gap: str = ""


class Reader:
    """Reads the rooms of ``me`` from one homeserver, one answer after the other."""

    def __init__(self, wire: Wire, me: str, *, accept_invitations: bool) -> None:
        self._wire = wire
        self._me = me
        self._accepts = accept_invitations
        self._enter_at: dict[str, float] = {}

    async def next(self, place: Place | None, *, wait: bool) -> Told:
        """What happened since ``place``; without one, which rooms we are in. ``wait``: until something happens."""
        if place is None:
            return await self._first()
        pause = self._pause(place.invitations) if wait else 0
        try:
            answer = await self._sync(TIMELINE, {"since": place.since, "timeout": int(pause * 1000)}, pause + 60)
        except Permanent:
            return await self._start_over(place)
        told = Told(Place(str(answer["next_batch"]), clock.now().timestamp(), list(place.invitations)))
        rooms = answer.get("rooms", {})
        for room, section in rooms.get("join", {}).items():
            await self._room(room, section, place, told)
        for room, section in rooms.get("leave", {}).items():
            await self._room(room, section, place, told)
            told.events.append(GroupGone(room, events.farewell(section["timeline"]["events"], self._me)))
        await self._enter(rooms.get("invite", {}), told.place)
        return told

    async def _sync(self, timeline: int, query: Query, within: float) -> Json:
        return await self._wire.read(
            "/v3/sync", {"filter": _filter(timeline), **query}, needs="next_batch", within=within
        )

    async def _first(self) -> Told:
        answer = await self._sync(0, {"timeout": 0}, FIRST_WITHIN)
        told = Told(Place(str(answer["next_batch"]), clock.now().timestamp()))
        rooms = answer.get("rooms", {})
        for room, section in rooms.get("join", {}).items():
            if seen := events.group_in(room, section["state"]["events"], section.get("summary", {}), entered=True):
                told.events.append(seen)
        await self._enter(rooms.get("invite", {}), told.place)
        return told

    async def _start_over(self, lost: Place) -> Told:
        """The homeserver no longer knows our place (a restored backup): what is in between is a visible gap."""
        told = await self._first()
        rooms = [event.group for event in told.events if isinstance(event, GroupSeen)]
        told.events += [GapSeen(room, lost.moment, told.place.moment, _LOST_PLACE) for room in rooms]
        return told

    # -------------------------------------------------------------- one room
    async def _room(self, room: str, section: Json, place: Place, told: Told) -> None:
        timeline: list[Json] = section["timeline"]["events"]
        state: list[Json] = section.get("state", {}).get("events", [])
        missed = Missed()
        if section["timeline"].get("limited") and not events.first_entry(timeline, self._me):
            missed = await self._missed(room, section["timeline"]["prev_batch"], place)
        said, entered = events.while_inside([*missed.said, *timeline], self._me)
        direct = entered and events.is_direct([*missed.said, *timeline], self._me)
        summary = section.get("summary", {})
        if seen := events.group_in(room, [*state, *timeline], summary, entered=entered, direct=direct):
            told.events.append(seen)
        if missed.gap:
            oldest = min(map(events.moment, said), default=told.place.moment)
            told.events.append(GapSeen(room, place.moment, max(oldest, place.moment), missed.gap))
        told.take(room, said, events.names_in([*missed.people, *state, *said]), self._me)

    async def _missed(self, room: str, token: str, place: Place) -> Missed:
        """Read backwards from where the timeline begins to our place, or to our entry, or for FILL_PAGES pages."""
        missed, newest_first = Missed(gap=_TOO_MUCH), []
        for _ in range(FILL_PAGES):
            try:
                page = await self._messages(room, FILL_PAGE, {"from": token, "to": place.since})
            except Permanent:
                missed.gap = _HIDDEN
                break
            newest_first += page["chunk"]
            missed.people += page.get("state", [])
            token = page.get("end", "")
            if not token or events.first_entry(page["chunk"], self._me):
                missed.gap = ""
                break
        missed.said = newest_first[::-1]
        return missed

    async def _messages(self, room: str, limit: int, query: Mapping[str, str]) -> Json:
        path = f"/v3/rooms/{part(room)}/messages"
        asked: Query = {"dir": "b", "limit": limit, "filter": json.dumps(_HISTORY), **query}
        return await self._wire.read(path, asked, needs="chunk")

    async def history(self, room: str, before: str | None, limit: int) -> HistoryPage:
        """One page of a room's past, in order of time; with the newest one also who is in the room now."""
        page = await self._messages(room, limit, {"from": before} if before else {})
        found = Told(Place("", 0))
        if before is None:
            answer = await self._wire.read(f"/v3/rooms/{part(room)}/joined_members", needs="joined")
            found.events += [
                MemberJoined(room, Sender(who, profile.get("display_name") or ""), at=None)
                for who, profile in answer["joined"].items()
                if who != self._me
            ]
        said = page["chunk"][::-1]
        told = [event for event in said if not events.is_own_membership(event, self._me)]
        found.take(room, told, events.names_in([*page.get("state", []), *said]), self._me)
        return HistoryPage(found.events, page.get("end"))

    # -------------------------------------------------------------- invitations
    async def _enter(self, invitations: Mapping[str, Json], place: Place) -> None:
        """Accept invitations into rooms; those that must wait stay on record with our place."""
        if self._accepts:
            place.invitations += [room for room in invitations if room not in place.invitations]
        now = clock.now().timestamp()
        for room in list(place.invitations):
            if self._enter_at.get(room, 0) > now:
                continue
            try:
                await self._wire.write("POST", f"/v3/join/{part(room)}", {}, within=ENTER_WITHIN)
            except (Retry, Ambiguous) as error:
                self._enter_at[room] = now + (error.after if isinstance(error, Retry) else POLL)
                continue
            except Permanent:
                pass  # Withdrawn, or the room is gone: nobody waits for us there.
            place.invitations.remove(room)
            self._enter_at.pop(room, None)

    def _pause(self, invitations: Sequence[str]) -> float:
        """Seconds to wait for something to happen: until the next invitation can be accepted, at most POLL."""
        now = clock.now().timestamp()
        waits = [self._enter_at.get(room, 0) - now for room in invitations]
        return max(0.0, min([POLL, *waits]))
