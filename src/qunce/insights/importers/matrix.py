"""Matrix rooms: Element's export of one as JSON, and the folder that Synapse's ``export-data`` writes for a user.

Both hold events as homeservers have them. What was edited later says its last text, what was taken back is gone; for
that a room is looked through once before it is read.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import unescape
from pathlib import PurePosixPath
from typing import Any, ClassVar
from urllib.parse import unquote

from qunce.chat.connector import gettext_noop
from qunce.chat.types import EVERYBODY, Media, MemberJoined, MemberLeft, Mention, MessageReceived, Part, Sender, Text
from qunce.insights.importer import EXPORT_AGAIN, Importer, Source, Unreadable
from qunce.insights.importers._json import Broken, beginning, fields, named, once, place, several, taken, walk, words
from qunce.insights.importers._matrix_ids import event_id
from qunce.insights.importers._said import mentioning, told
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_EVENT = re.compile(r'"origin_server_ts"\s*:\s*\d+')
_ELEMENT = re.compile(r'^\s*\{\s*"(?:room_name|room_creator|topic|export_date|exported_by|messages)"\s*:')
_EXPORTED = re.compile(r'"(?:exported_by|export_date)"\s*:\s*"')
_MEDIA = {"m.image": "image", "m.file": "file", "m.audio": "audio", "m.video": "video", "m.sticker": "sticker"}
_MORE = frozenset({"formatted_body", "m.mentions"})
"""Where none of these is, the body is all that is said."""
_PILL = re.compile(
    r'<a\s[^>]{0,100}?href="https://matrix\.to/#/((?:@|%40)[^"?]{1,255})"[^>]{0,100}>([^<]{1,255})</a>', re.IGNORECASE
)


class Matrix(Importer):
    """Element's JSON, and Synapse's ``export-data``."""

    title: ClassVar[str] = "Matrix (Element JSON, Synapse export-data)"
    platform: ClassVar[str] = "matrix"
    own_ids: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        return bool(_exports(source))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (nothing to choose)
        rooms: dict[str, str] = {}
        for key, name in _rooms(source).values():
            rooms[key] = rooms.get(key) or name
        if not rooms:
            raise Unreadable(gettext_noop("There is no room in this export of Matrix."), EXPORT_AGAIN)
        return [Chat(key, name or key) for key, name in rooms.items()]

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:  # noqa: ARG002 (times are UTC)
        for name, (key, _name) in _rooms(source).items():
            if key == chat:
                room = _heard(source)[name].again()
                for at, event in _events(source, name):
                    yield from taken(room.read, event, at)


@once
def _exports(source: Source) -> list[str]:
    """Element's files, and the ``events`` of each room of Synapse; not the ``state`` beside them."""
    return [
        name
        for name in dict.fromkeys(named(source, ".json") + named(source, "/events"))
        if (head := beginning(source, name)).lstrip().startswith("{")
        and (_EVENT.search(head) or (_ELEMENT.match(head) and _EXPORTED.search(head)))
    ]


def _events(source: Source, name: str) -> Iterator[tuple[str, Any]]:
    """The events in a file, each with its place: elements of an array, or one in a line."""
    if _ELEMENT.match(beginning(source, name)):
        for where, key, value in walk(source, name, ("messages",)):
            if where == ("messages",) or isinstance(value, Broken):
                yield place(name, key if where else ""), value
        return
    for number, line in enumerate(source.lines(name)):
        if line.strip():
            yield place(name, number), _loaded(line)


def _loaded(line: str) -> Any:
    try:
        return json.loads(line, strict=False)
    except (RecursionError, ValueError):
        return Broken(line[:60])


@dataclass(slots=True)
class _Room:
    """One room, event by event, with what its later events tell of the earlier ones."""

    key: str = ""
    name: str = ""
    version: str = "1"
    names: dict[str, str] = field(default_factory=dict)
    edits: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    """The last content of messages, by id and who edited: only their own senders may."""
    gone: set[str] = field(default_factory=set)
    inside: dict[str, str] = field(default_factory=dict)
    """Memberships so far."""
    inviters: dict[str, str] = field(default_factory=dict)
    people: dict[tuple[str, bool], Sender] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source, name: str) -> "_Room":
        room = cls()
        if _ELEMENT.match(beginning(source, name)):
            for where, key, value in walk(source, name, ("messages",)):
                if where == () and key == "room_name":
                    room.name = words(value)
                elif where == ("messages",):
                    room.note(fields(value))
        else:
            for _at, event in _events(source, name):
                room.note(fields(event))
        room.key = room.key or room.name or PurePosixPath(name).stem
        return room

    def note(self, event: Mapping[str, Any]) -> None:
        """What an event says of the room, of people and of other events."""
        self.key = self.key or words(event.get("room_id"))
        content = fields(event.get("content"))
        kind = event.get("type")
        if kind == "m.room.message" and "m.relates_to" not in content:
            return
        match kind:
            case "m.room.create":
                self.version = words(content.get("room_version")) or "1"
            case "m.room.name":
                self.name = words(content.get("name")) or self.name
            case "m.room.canonical_alias" if not self.name:
                self.name = words(content.get("alias"))
            case "m.room.member" if words(content.get("displayname")):
                self.names[words(event.get("state_key"))] = content["displayname"]
            case "m.room.redaction":
                self.gone.add(words(event.get("redacts")) or words(content.get("redacts")))
            case "m.room.message":
                if original := _replaced(content):
                    self.edits[original, words(event.get("sender"))] = fields(content.get("m.new_content"))

    def again(self) -> "_Room":
        """The same before its first event is read."""
        return replace(self, inside={}, inviters={}, people={})

    # -------------------------------------------------------------- event by event
    def read(self, event: Mapping[str, Any], at: str) -> list[Entry]:
        kind = event["type"]
        if kind in {"m.room.message", "m.sticker"}:
            return [self._message(event, at)]
        if kind == "m.room.member":
            return [self._membership(event, at)]
        reason = Skip.UNREADABLE if kind == "m.room.encrypted" else Skip.SERVICE
        return [Skipped(reason, at, words(kind))]

    def _message(self, event: Mapping[str, Any], at: str) -> Entry:
        content, sender = fields(event.get("content")), _text(event["sender"])
        unsigned = fields(event["unsigned"]) if "unsigned" in event else {}
        number = event_id(event, self.version)
        relation = fields(content.get("m.relates_to"))
        if relation and _replaced(content):
            return Skipped(Skip.SERVICE, at, "m.replace")
        if number in self.gone or not content or "redacted_because" in unsigned:
            return Skipped(Skip.DELETED, at)
        kind = content.get("msgtype")
        if kind == "m.emote":
            return Skipped(Skip.ACTION, at, words(content.get("body"))[:60])
        sent_at = datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)
        last = self.edits.get((number, sender)) or _bundled(unsigned)
        said = content.get("body")
        if kind == "m.text" and isinstance(said, str) and not (last or relation) and content.keys().isdisjoint(_MORE):
            text, parts = said, None
        else:
            text, parts = told(_pieces(last or content, words(event.get("type")), is_reply=bool(relation)))
        if not (text.strip() or parts):
            return Skipped(Skip.EMPTY, at)
        # By convention notices are what bots say.
        who = self._person(sender, is_bot=kind == "m.notice")
        return MessageReceived(self.key, number, sent_at, who, text, parts, _answered(relation) if relation else None)

    def _person(self, key: str, *, is_bot: bool) -> Sender:
        """Whoever speaks, by the last name that the room tells."""
        known = self.people.get((key, is_bot))
        if known is None:
            known = self.people[key, is_bot] = Sender(key, self.names.get(key, ""), is_bot)
        return known

    def _membership(self, event: Mapping[str, Any], at: str) -> Entry:
        """Who came or went. A new name or picture is a membership event too."""
        who, now, unsigned = _text(event["state_key"]), event["content"]["membership"], fields(event.get("unsigned"))
        moment = datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)
        before = words(fields(unsigned.get("prev_content")).get("membership")) or self.inside.get(who)
        self.inside[who] = now
        if now == "invite":
            self.inviters[who] = _text(event["sender"])
        member = Sender(who, words(event["content"].get("displayname")) or self.names.get(who, ""))
        if now == "join" and before != "join":
            by = self.inviters.pop(who, "") if before == "invite" else ""
            return MemberJoined(self.key, member, moment, Sender(by, self.names.get(by, "")) if by else None)
        if now in {"leave", "ban"} and before in {"join", None}:
            return MemberLeft(self.key, member, moment)
        return Skipped(Skip.SERVICE, at, f"m.room.member {now}")


@once
def _rooms(source: Source) -> dict[str, tuple[str, str]]:
    """The room of each file: its id, and what it is called."""
    return {name: (room.key, room.name) for name, room in _heard(source).items()}


@once
def _heard(source: Source) -> dict[str, _Room]:
    """What each file tells as a whole."""
    return {name: _Room.of(source, name) for name in _exports(source)}


def _replaced(content: Mapping[str, Any]) -> str:
    """The message that this one is the new text of."""
    relation = fields(content.get("m.relates_to"))
    return words(relation.get("event_id")) if relation.get("rel_type") == "m.replace" else ""


def _bundled(unsigned: Mapping[str, Any]) -> Mapping[str, Any]:
    """The new text that a homeserver hangs beneath a message."""
    relations = fields(unsigned.get("m.relations"))
    return fields(fields(fields(relations.get("m.replace")).get("content")).get("m.new_content"))


def _answered(relation: Mapping[str, Any]) -> str | None:
    """The message that is answered; in a thread, whose messages only pretend to be replies, the thread's first."""
    in_thread = relation.get("rel_type") == "m.thread" and relation.get("is_falling_back") is not False
    return words((relation if in_thread else fields(relation.get("m.in_reply_to"))).get("event_id")) or None


def _pieces(content: Mapping[str, Any], kind: str, *, is_reply: bool) -> Iterator[Part]:
    body = words(content.get("body"))
    shown = _MEDIA.get(words(content.get("msgtype")) or kind)
    if shown:
        name, info = words(content.get("filename")) or body, fields(content.get("info"))
        size = info.get("size")
        yield Media(shown, "", name, words(info.get("mimetype")), size if isinstance(size, int) else None)
        yield Text("" if name == body else body)
        return
    if is_reply and body.startswith("> "):  # older clients put what is answered before the answer
        lines = body.split("\n")
        start = next((at for at, line in enumerate(lines) if not line.startswith("> ")), len(lines))
        body = "\n".join(lines[start:]).removeprefix("\n")
    yield from mentioning(body, _mentioned(content))


def _mentioned(content: Mapping[str, Any]) -> dict[str, Mention]:
    """Who is mentioned, as the text has them: links to people in the formatted body, and ids in the plain one."""
    found: dict[str, Mention] = {}
    for link, label in _PILL.findall(words(content.get("formatted_body"))):
        found[unescape(label)] = Mention(unquote(link), unescape(label).removeprefix("@"))
    asked = fields(content.get("m.mentions"))
    for who in several(asked.get("user_ids")):
        if words(who).startswith("@"):
            found.setdefault(who, Mention(who))
    if asked.get("room") is True:
        found["@room"] = Mention(EVERYBODY, "room")
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value
