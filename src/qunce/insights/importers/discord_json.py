"""DiscordChatExporter's JSON: one file per channel or thread, a long one in several parts, which are merged by id."""

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import chain
from typing import Any, ClassVar, TypeAlias

from qunce.chat.connector import gettext_noop
from qunce.chat.types import MemberJoined, MemberLeft, Mention, MessageReceived, Part, Sender, Text
from qunce.insights.importer import EXPORT_AGAIN, Importer, Source, Unreadable
from qunce.insights.importers._json import Broken, beginning, fields, named, once, place, several, taken, walk, words
from qunce.insights.importers._said import file_called, mentioning, told
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_SIGNS = (re.compile(r'"guild"\s*:\s*\{'), re.compile(r'"channel"\s*:\s*\{'), re.compile(r'"messages"\s*:\s*\['))
_SAID = {"Default", "Reply", "20", "23"}
"""What people say; 20 and 23 are a bot's answers to commands. All others are notices."""
_EMOJI = re.compile(r"<a?(:\w+:)\d+>")
_OF_OTHERS = {"RecipientAdd", "RecipientRemove"}
_MORE = ("attachments", "stickers", "mentions", "forwardedMessage")
"""Where none of these is, the content is all that is said."""
Numbered: TypeAlias = tuple[int, Entry]


class DiscordJson(Importer):
    """DiscordChatExporter, format JSON."""

    title: ClassVar[str] = "DiscordChatExporter (JSON)"
    platform: ClassVar[str] = "discord"
    own_ids: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        return bool(_exports(source))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (nothing to choose)
        names: dict[str, str] = {}
        for channel in _channels(source).values():
            names.setdefault(words(channel["id"]), words(channel.get("name")))
        if not names:
            raise Unreadable(gettext_noop("There is no channel in this export of Discord."), EXPORT_AGAIN)
        return [Chat(key, name or key) for key, name in names.items()]

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        files = [name for name, channel in _channels(source).items() if channel["id"] == chat]
        parts = [_numbered(source, name, _Channel(chat, reading.zone)) for name in files]
        for _place, entry in heapq.merge(*parts, key=_number) if len(parts) > 1 else chain(*parts):
            yield entry


@once
def _exports(source: Source) -> list[str]:
    return [
        name
        for name in named(source, ".json")
        if (head := beginning(source, name)).lstrip().startswith("{") and all(sign.search(head) for sign in _SIGNS)
    ]


@once
def _channels(source: Source) -> dict[str, Mapping[str, Any]]:
    """The channel of each file."""
    found = {name: _channel(source, name) for name in _exports(source)}
    return {name: channel for name, channel in found.items() if words(channel.get("id"))}


def _channel(source: Source, name: str) -> Mapping[str, Any]:
    """What a file says of its channel, before the messages as a rule."""
    for where, key, value in walk(source, name, ("messages",)):
        if where == () and key == "channel":
            return fields(value)
    return {}


def _numbered(source: Source, name: str, channel: "_Channel") -> Iterator[Numbered]:
    """The entries of a file with the numbers by which parts are merged; what has none stays behind its forerunner."""
    number = 0
    for where, key, value in walk(source, name, ("messages",)):
        if where == ("messages",):
            written = words(fields(value).get("id"))
            number = int(written) if written.isdecimal() else number
            for entry in taken(channel.read, value, place(name, key)):
                yield number, entry
        elif isinstance(value, Broken):
            yield number, Skipped(Skip.UNREADABLE, name, value.what)


def _number(each: Numbered) -> int:
    return each[0]


class _Channel:
    """One channel, record by record."""

    def __init__(self, key: str, zone: tzinfo) -> None:
        self._key = key
        self._zone = zone
        self._people: dict[tuple[Any, ...], Sender] = {}

    def read(self, record: Mapping[str, Any], at: str) -> list[Entry]:
        kind = str(record.get("type", "Default"))
        sent_at = datetime.fromisoformat(record["timestamp"])
        if sent_at.tzinfo is not UTC:
            sent_at = (sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=self._zone)).astimezone(UTC)
        author = self._person(record["author"])
        others = [self._person(each) for each in several(record.get("mentions"))] if kind in _OF_OTHERS else []
        match kind:
            case "GuildMemberJoin":
                return [MemberJoined(self._key, author, sent_at)]
            case "RecipientAdd" if others:
                return [MemberJoined(self._key, others[0], sent_at, author)]
            case "RecipientRemove" if others:
                return [MemberLeft(self._key, others[0], sent_at)]
            case _ if kind not in _SAID:
                return [Skipped(Skip.SERVICE, at, kind)]
        said = record.get("content")
        if isinstance(said, str) and said and not any(map(record.get, _MORE)):
            text, parts = _EMOJI.sub(r"\1", said) if "<" in said else said, None
        else:
            text, parts = told(_pieces(record))
        if not (text.strip() or parts):
            return [Skipped(Skip.EMPTY, at)]
        answered = _answered(record) if kind == "Reply" else None
        return [MessageReceived(self._key, _id(record["id"]), sent_at, author, text, parts, answered)]

    def _person(self, author: Mapping[str, Any]) -> Sender:
        asked = (author["id"], author.get("nickname"), author.get("name"), author.get("isBot"))
        known = self._people.get(asked)
        if known is None:
            name = words(author.get("nickname")) or words(author.get("name"))
            known = self._people[asked] = Sender(_id(author["id"]), name, is_bot=author.get("isBot") is True)
        return known


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def _answered(record: Mapping[str, Any]) -> str | None:
    return words(fields(record.get("reference")).get("messageId")) or None


def _pieces(record: Mapping[str, Any]) -> Iterator[Part]:
    """Files first, as everywhere; what is forwarded, and the cards of bots, where nothing else is said."""
    passed_on = fields(record.get("forwardedMessage"))
    for shown in (record, passed_on):
        for each in several(shown.get("attachments")):
            yield file_called(words(each.get("fileName")), size=each.get("fileSizeBytes"))
        for each in several(shown.get("stickers")):
            yield Text(f"[{words(each.get('name'))}]")
    content = words(record.get("content")) or words(passed_on.get("content"))
    if content:
        yield from mentioning(_EMOJI.sub(r"\1", content), _mentioned(record))
    elif not several(record.get("attachments")):
        cards = (fields(each) for each in several(record.get("embeds")))
        yield Text(
            "\n".join(filter(None, (words(each.get(key)) for each in cards for key in ("title", "description"))))
        )


def _mentioned(record: Mapping[str, Any]) -> dict[str, Mention]:
    """Who is mentioned, as the text has them: by name, or by id where the exporter was told to leave it as it is."""
    found: dict[str, Mention] = {}
    for each in several(record.get("mentions")):
        names = [name for name in (words(each.get("nickname")), words(each.get("name"))) if name]
        mention = Mention(_id(each["id"]), names[0] if names else "")
        for written in (*(f"@{name}" for name in names), f"<@{mention.who}>", f"<@!{mention.who}>"):
            found.setdefault(written, mention)
    return found
