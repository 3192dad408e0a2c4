"""Telegram Desktop's export as JSON: one chat, or the whole account with the chats that were left.

People and messages have the ids that the connector gives them, also in topics and in the basic group that a
supergroup has grown from, so that a history and what the bot hears go together. Who was brought in or removed is
written by name alone; the id is that of whoever speaks under this name anywhere in the export. Files stay where they
are.
"""

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath
from typing import Any, ClassVar

from qunce.chat.connector import gettext_noop
from qunce.chat.types import Media, MemberJoined, MemberLeft, Mention, MessageReceived, Part, Poll, Sender, Text
from qunce.insights.importer import EXPORT_AGAIN, Importer, Source, Unreadable
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._json import (
    Broken,
    Where,
    beginning,
    encoding,
    fields,
    named,
    once,
    place,
    several,
    taken,
    walk,
    words,
)
from qunce.insights.importers._said import told
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_OPENED = ("messages", "chats.list.*.messages", "left_chats.list.*.messages")
_GROUPS = frozenset(
    {"private_group", "private_supergroup", "public_supergroup", "private_channel", "public_channel", ""}
)
_TYPES = "|".join(
    sorted(_GROUPS - {""} | {"personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes"})
)
_ONE_CHAT = re.compile(
    rf'"type"\s*:\s*"(?:{_TYPES})"|"date_unixtime"\s*:\s*"|"(?:from|actor)_id"\s*:\s*(?:"(?:user|chat|channel)\d|\d)'
)
_MESSAGES = re.compile(r'"messages"\s*:\s*\[')
_ACCOUNT = re.compile(r'"(?:left_)?chats"\s*:\s*\{\s*"(?:about|list)"|"personal_information"\s*:\s*\{\s*"user_id"')
_NAMED = re.compile(r'"(?:from|actor)":\s*("[^"\\]*+(?:\\.[^"\\]*+)*+"),\s*"(?:from|actor)_id":\s*"user(\d+)"')
_NAMED_AT_MOST = 4096
_PEER = re.compile(r"(user|chat|channel)(\d+)")
_CHUNK = 1 << 20
_SUPERGROUPS = -1_000_000_000_000
_BEFORE_SUPERGROUP = 1_000_000_000
"""Messages of the former basic group are numbered from minus this on."""
_OLD_IDS = 1 << 32
"""Old exports write ids of people and chats as numbers, with their kind above these bits."""
_OLD_CHAT = 2
_MEDIA = {
    "animation": "video", "video_file": "video", "video_message": "video", "audio_file": "audio",
    "voice_message": "audio", "sticker": "sticker",
}  # fmt: skip
_MORE_THAN_TEXT = frozenset(
    {
        "photo", "file", "media_type", "poll", "contact_information", "location_information", "place_name",
        "todo_list", "game_title", "invoice_information",
    }
)  # fmt: skip


@dataclass(slots=True)
class _Chat:
    """A chat of the export, as far as it is read."""

    told: dict[str, Any] = field(default_factory=dict)
    messages: int = 0

    @property
    def kind(self) -> str:
        return words(self.told.get("type"))

    @property
    def name(self) -> str:
        return words(self.told.get("name"))

    @property
    def key(self) -> str:
        """The connector's id of the chat; of one without an id, its name."""
        number = self.told.get("id")
        if not isinstance(number, int):
            return self.name or "chat"
        if self.kind not in _GROUPS or not self.kind:
            return str(number)
        kind, bare = divmod(number, _OLD_IDS)
        number = bare if kind == _OLD_CHAT else number
        return str(-number if self.kind == "private_group" else _SUPERGROUPS - number)


class Telegram(Importer):
    """Telegram Desktop, format “Machine-readable JSON”."""

    title: ClassVar[str] = "Telegram Desktop (JSON)"
    platform: ClassVar[str] = "telegram"
    own_ids: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        return bool(_exports(source))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (nothing to choose)
        """Of an account groups and channels alone: what two say in private is nobody's community."""
        groups: dict[str, Chat] = {}
        for found in _chats(source).values():
            for where, chat in found.items():
                if not where or chat.kind in _GROUPS:
                    called = chat.name or (chat.key if where else source.name)
                    groups.setdefault(chat.key, Chat(chat.key, called, chat.messages or None))
        if not groups:
            raise Unreadable(
                gettext_noop("There is no group and no channel in this export of Telegram."), EXPORT_AGAIN
            )
        return list(groups.values())

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        names = _Names(source)
        for name, chats in _chats(source).items():
            wanted = {(*where, "messages"): found for where, found in chats.items() if found.key == chat}
            histories = {where: _History(found, reading.zone, names) for where, found in wanted.items()}
            left = sum(found.messages for found in wanted.values())
            for where, key, value in walk(source, name, _OPENED) if histories else ():
                if where in histories:
                    yield from taken(histories[where].read, value, place(name, key))
                    left -= 1
                    if not left:
                        break  # other chats follow
                elif isinstance(value, Broken) and any(where == way[: len(where)] for way in histories):
                    yield Skipped(Skip.UNREADABLE, name, value.what)


@once
def _exports(source: Source) -> list[str]:
    return [name for name in named(source, ".json") if _is_export(beginning(source, name))]


def _is_export(head: str) -> bool:
    if not head.lstrip().startswith("{"):
        return False
    return bool(_ACCOUNT.search(head) or (_MESSAGES.search(head) and _ONE_CHAT.search(head)))


@once
def _chats(source: Source) -> dict[str, dict[Where, _Chat]]:
    return {name: _chats_in(source, name) for name in _exports(source)}


def _chats_in(source: Source, name: str) -> dict[Where, _Chat]:
    """The chats of one file by where they stand. A single chat is not counted: it says what it is, and then much."""
    found: dict[Where, _Chat] = {}
    for where, key, value in walk(source, name, _OPENED):
        if where and where[-1] == "messages":
            found.setdefault(where[:-1], _Chat()).messages += 1
            if len(where) == 1 and {"id", "type", "name"} <= found[()].told.keys():
                found[()].messages = 0
                break
        elif isinstance(key, str) and key in {"id", "type", "name"}:
            found.setdefault(where, _Chat()).told[key] = value
    return {where: chat for where, chat in found.items() if chat.messages or {"id", "type"} <= chat.told.keys()}


class _Names:
    """Who speaks under which name anywhere in the export; asked for only where somebody is known by name alone."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ids: dict[str, str] | None = None

    def sender(self, name: str) -> Sender:
        if self._ids is None:
            self._ids = self._collected()
        return Sender(self._ids.get(name, name), name)

    def _collected(self) -> dict[str, str]:
        ids: dict[str, str] = {}
        several_have: set[str] = set()
        for file_name in _exports(self._source):
            for written, number in self._pairs(file_name):
                if ids.setdefault(written, number) != number:
                    several_have.add(written)
        return {_loaded(written): number for written, number in ids.items() if written not in several_have}

    def _pairs(self, file_name: str) -> Iterator[tuple[str, str]]:
        decode = getincrementaldecoder(encoding(self._source.head(file_name)))(errors="replace").decode
        with self._source.open(file_name) as raw:
            rest = ""
            while chunk := raw.read(_CHUNK):
                seen = rest + decode(chunk)
                yield from _NAMED.findall(seen)
                rest = seen[-_NAMED_AT_MOST:]


def _loaded(written: str) -> str:
    try:
        return str(json.loads(written, strict=False))
    except ValueError:
        return written[1:-1]


class _History:
    """One chat, record by record."""

    def __init__(self, chat: _Chat, zone: tzinfo, names: _Names) -> None:
        self._key = chat.key
        self._name = chat.name
        self._prefix = "b" if chat.kind == "private_group" else ""
        self._is_channel = "channel" in chat.kind
        self._zone = zone
        self._named = names.sender
        self._people: dict[tuple[Any, Any, bool], Sender] = {}
        self._bots: set[str] = set()
        self._topics: dict[int, int] = {}
        self._ids = Ids()

    def read(self, record: Mapping[str, Any], at: str) -> list[Entry]:
        kind = record["type"]
        if kind == "message":
            return [self._message(record, at)]
        if kind == "service":
            return self._service(record, at)
        return [Skipped(Skip.UNREADABLE, at, words(kind))]

    def _message(self, record: Mapping[str, Any], at: str) -> Entry:
        said = record.get("text", "")
        if isinstance(said, str) and record.keys().isdisjoint(_MORE_THAN_TEXT):
            text, parts = said, None
            if not said.strip():
                return Skipped(Skip.EMPTY, at)
        else:
            shown = _parts(record)
            text, parts = told(shown)
            if not (parts or text.strip()):
                return Skipped(Skip.EMPTY, at)
        sent_at, sender = self._moment(record), self._sender(record)
        number, reply_to = record.get("id"), record.get("reply_to_message_id")
        topic = self._topics.get(reply_to) if reply_to and self._topics else None
        if topic and number:
            self._topics[number] = topic
        answers = reply_to if reply_to and reply_to != topic and "reply_to_peer_id" not in record else None
        external_id = self._id(number, topic) if number else self._ids.of(sent_at, sender.external_id, text)
        answered = self._id(answers, topic) if answers else None
        return MessageReceived(self._key, external_id, sent_at, sender, text, parts, answered)

    def _id(self, number: int, topic: int | None) -> str:
        """As the connector writes it."""
        if number < 0:
            return f"b{number + _BEFORE_SUPERGROUP}"
        return f"{self._prefix}{topic}/{number}" if topic else f"{self._prefix}{number}"

    def _moment(self, record: Mapping[str, Any]) -> datetime:
        """Old exports have the local time only."""
        if stamp := record.get("date_unixtime"):
            return datetime.fromtimestamp(int(stamp), UTC)
        return datetime.fromisoformat(record["date"]).replace(tzinfo=self._zone).astimezone(UTC)

    def _sender(self, record: Mapping[str, Any]) -> Sender:
        """Who speaks; what a group is passed automatically from its channel is nobody's word in the group."""
        name, peer = record.get("from"), record.get("from_id")
        passed_on = "saved_from" in record and not self._is_channel and words(peer).startswith("channel")
        if "inline_bot_buttons" in record and "via_bot" not in record and words(peer).startswith("user"):
            self._bots.add(words(peer))
        is_bot = passed_on or peer in self._bots
        known = self._people.get((name, peer, is_bot))
        if known is None:
            known = self._people[name, peer, is_bot] = self._person(words(name), peer, is_bot=is_bot)
        return known

    def _person(self, name: str, peer: Any, *, is_bot: bool = False) -> Sender:
        if peer is None:
            return Sender(name or self._key, name or self._name)
        return Sender(_peer(peer), name, is_bot)

    # -------------------------------------------------------------- what happens
    def _service(self, record: Mapping[str, Any], at: str) -> list[Entry]:
        action = words(record.get("action"))
        if action == "topic_created":
            self._topics[record["id"]] = record["id"]
        members = [name for name in several(record.get("members")) if words(name)]
        moment, name = self._moment(record), words(record.get("actor"))
        actor = self._person(name, record.get("actor_id")) if name or record.get("actor_id") is not None else None
        told: list[Entry] = []
        if action in {"create_group", "invite_members"}:
            told = [self._joined(actor if name == member else None, member, moment, actor) for member in members]
        elif action in {"join_group_by_link", "join_group_by_request"} and actor:
            inviter = words(record.get("inviter"))
            told = [MemberJoined(self._key, actor, moment, self._named(inviter) if inviter else None)]
        elif action == "remove_members":
            told = [
                MemberLeft(self._key, actor if actor and member == name else self._named(member), moment)
                for member in members
            ]
        return told or [Skipped(Skip.SERVICE, at, action)]

    def _joined(self, themselves: Sender | None, name: str, moment: datetime, actor: Sender | None) -> MemberJoined:
        return MemberJoined(self._key, themselves or self._named(name), moment, None if themselves else actor)


def _peer(peer: Any) -> str:
    """An id as the connector has it: people are numbers, groups and channels negative ones; others as they are."""
    if isinstance(peer, int):
        kind, number = divmod(peer, _OLD_IDS)
        return str(_SUPERGROUPS - number if kind == _OLD_CHAT else number)
    found = _PEER.fullmatch(peer)
    if not found:
        return str(peer)
    number = int(found[2])
    return str({"user": number, "chat": -number}.get(found[1], _SUPERGROUPS - number))


# ------------------------------------------------------------------ what is said
def _parts(record: Mapping[str, Any]) -> tuple[Part, ...]:
    media = _media(record)
    parts: list[Part] = [media] if media else []
    parts += _other(record)
    said = record.get("text", "")
    for piece in [said] if isinstance(said, str) else several(said):
        parts.append(_piece(piece))
    return tuple(parts)


def _piece(piece: Any) -> Part:
    if isinstance(piece, str):
        return Text(piece)
    shown, kind = words(piece.get("text")), piece.get("type")
    if kind == "mention":
        return Mention(f"@{shown.removeprefix('@')}", shown.removeprefix("@"))
    if kind == "mention_name" and piece.get("user_id"):
        return Mention(str(piece["user_id"]), shown.removeprefix("@"))
    return Text(shown)


def _media(record: Mapping[str, Any]) -> Media | None:
    """A file is named, not taken over: it may not even have been downloaded."""
    if "photo" in record:
        return Media("image", "", "", "image/jpeg", _size(record.get("photo_file_size")))
    if "file" not in record and "media_type" not in record:
        return None
    kind = _MEDIA.get(words(record.get("media_type")), "file")
    name, path = words(record.get("file_name")), words(record.get("file"))
    if kind == "sticker":
        name = words(record.get("sticker_emoji"))
    elif kind == "file" and not name and not path.startswith("("):  # old exports name files only by where they are
        name = PurePosixPath(path).name
    return Media(kind, "", name, words(record.get("mime_type")), _size(record.get("file_size")))


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _other(record: Mapping[str, Any]) -> Iterator[Part]:
    """What is neither text nor a file. A card of somebody is their name: the number stays where it was given."""
    if poll := fields(record.get("poll")):
        yield Poll(
            words(poll.get("question")),
            tuple(words(fields(each).get("text")) for each in several(poll.get("answers"))),
        )
    if card := fields(record.get("contact_information")):
        yield Text(f"👤 {words(card.get('first_name'))}")
    if "place_name" in record:
        yield Text(f"📍 {words(record['place_name'])}, {words(record.get('address'))}")
    elif spot := fields(record.get("location_information")):
        yield Text(f"📍 {spot.get('latitude')}, {spot.get('longitude')}")
    if "game_title" in record:
        yield Text(f"🎮 {words(record['game_title'])}")
    if invoice := fields(record.get("invoice_information")):
        yield Text(f"🧾 {words(invoice.get('title'))}")
    if todo := fields(record.get("todo_list")):
        items = [f"☐ {_flat(fields(each).get('text'))}" for each in several(todo.get("answers") or todo.get("items"))]
        yield Text("\n".join([_flat(todo.get("title")), *items]))


def _flat(said: Any) -> str:
    return "".join(words(each) or words(fields(each).get("text")) for each in several(said)) or words(said)
