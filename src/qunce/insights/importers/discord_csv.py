"""DiscordChatExporter's CSV: who, when, what; messages have no ids, and the channel is known from the file's name."""

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import PurePosixPath
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from qunce.chat.connector import gettext_noop
from qunce.chat.types import MemberJoined, MemberLeft, MessageReceived, Part, Sender, Text
from qunce.insights.importer import EXPORT_AGAIN, Importer, Source, Unreadable
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._json import named, once
from qunce.insights.importers._said import file_called, told
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_HEADER = re.compile(r'"?AuthorID"?,"?Author"?,"?Date"?,"?Content"?,"?Attachments"?,"?Reactions"?\s')
_COLUMNS = 6
_CHANNEL = re.compile(r"(?:.* - )?(?P<name>.+?) \[(?P<id>\d{15,20})\]")
_PART = re.compile(r" \[part (\d+)\]$")
_SHAPES = ("%d-%b-%y %I:%M %p", "%d-%b-%y %H:%M", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M")
"""How older versions wrote the time, without a zone."""
_WEBHOOK = "#0000"
_STAYS: dict[str, type[MemberJoined] | type[MemberLeft]] = {
    "Joined the server.": MemberJoined,
    "Left the group.": MemberLeft,
}
_NOTICE = re.compile(
    r"Pinned a message\.|Started a thread\.|Started a call that lasted [\d,]+ minutes\.|Added a recipient\."
    r"|Removed a recipient\.|Added .+ to the group\.|Removed .+ from the group\.|Changed the channel icon\."
    r"|Changed the channel name[.:].*"
)


class DiscordCsv(Importer):
    """DiscordChatExporter, format CSV."""

    title: ClassVar[str] = "DiscordChatExporter (CSV)"
    platform: ClassVar[str] = "discord"
    coarse: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        return bool(_exports(source))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (nothing to choose)
        chats = {chat.key: chat for chat in map(_chat, _exports(source))}
        if not chats:
            raise Unreadable(gettext_noop("There is no channel in this export of Discord."), EXPORT_AGAIN)
        return list(chats.values())

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        ids = Ids()
        for name in sorted((name for name in _exports(source) if _chat(name).key == chat), key=_part):
            rows = csv.reader(f"{line}\n" for line in source.lines(name))
            next(rows, None)
            while True:
                at = f"{name}, line {rows.line_num + 1}"
                try:
                    row = next(rows)
                except StopIteration:
                    break
                except csv.Error as error:
                    yield Skipped(Skip.UNREADABLE, at, str(error))
                    continue
                if row:
                    yield _entry(chat, row, at, ids, reading.zone)


@once
def _exports(source: Source) -> list[str]:
    return [
        name
        for name in named(source, ".csv")
        if _HEADER.match(source.head(name).decode(source.encoding(name), errors="replace"))
    ]


def _stem(name: str) -> str:
    return PurePosixPath(name).name.removesuffix(".csv")


def _chat(name: str) -> Chat:
    stem = _PART.sub("", _stem(name))
    found = _CHANNEL.match(stem)
    return Chat(found["id"], found["name"]) if found else Chat(stem, stem)


def _part(name: str) -> tuple[int, str]:
    found = _PART.search(_stem(name))
    return int(found[1]) if found else 1, name


def _entry(chat: str, row: list[str], at: str, ids: Ids, zone: tzinfo) -> Entry:
    if len(row) != _COLUMNS or not row[0].isdecimal():
        return Skipped(Skip.UNREADABLE, at, ",".join(row)[:60])
    number, author, written, content, attachments, _reactions = row
    sent_at = _moment(written, zone)
    if sent_at is None:
        return Skipped(Skip.UNREADABLE, at, written[:60])
    sender = _sender(number, author)
    if content in _STAYS:
        return _STAYS[content](chat, sender, sent_at)
    if _NOTICE.fullmatch(content):
        return Skipped(Skip.SERVICE, at, content[:60])
    text, parts = content, None
    if attachments:
        pieces: list[Part] = [file_called(_file_name(each)) for each in attachments.split(",") if each.strip()]
        text, parts = told([*pieces, Text(content)])
    if not (text.strip() or parts):
        return Skipped(Skip.EMPTY, at)
    return MessageReceived(chat, ids.of(sent_at, number, text), sent_at, sender, text, parts)


@lru_cache(8192)
def _sender(number: str, author: str) -> Sender:
    return Sender(number, author.removesuffix(_WEBHOOK), is_bot=author.endswith(_WEBHOOK))


def _moment(written: str, zone: tzinfo) -> datetime | None:
    for shape in (None, *_SHAPES):
        try:
            moment = datetime.strptime(written, shape) if shape else datetime.fromisoformat(written)  # noqa: DTZ007
        except ValueError:
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    return None


def _file_name(address: str) -> str:
    try:
        return PurePosixPath(unquote(urlsplit(address.strip()).path)).name
    except ValueError:
        return address.strip()
