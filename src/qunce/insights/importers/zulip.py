"""Zulip: an archive of the public channels (a folder per channel, a file per topic), and the official export.

The archive has people by name alone and rendered text; the official export has their ids and the text as written. A
channel is one chat, with all its topics. Who quotes a message to answer it, answers it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, ClassVar
from urllib.parse import unquote

from qunce.chat.connector import gettext_noop
from qunce.chat.types import EVERYBODY, Mention, MessageReceived, Part, Sender
from qunce.insights.importer import Importer, Source, Unreadable
from qunce.insights.importers._json import Broken, beginning, fields, named, once, place, taken, walk, words
from qunce.insights.importers._said import file_called, mentioning, text_of, told
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_OPENED = ("messages", "zerver_message")
_OFFICIAL = re.compile(r'"zerver_message"\s*:\s*\[')
_ARCHIVED = (re.compile(r'"sender_full_name"\s*:'), re.compile(r'"timestamp"\s*:\s*\d'), re.compile(r'"content"\s*:'))
_FOLDER = re.compile(r"(\d+)-(.+)")
_STREAM = 2
"""The kind of a recipient that is a channel; the others are private."""
_BOTS = {"Notification Bot", "Welcome Bot", "Zulip Notification Bot"}
_QUOTED_HTML = re.compile(
    r'\s*<p><span class="user-mention silent"[^>]*>[^<]*</span>\s*<a href="[^"]*/near/(\d+)[^"]*">[^<]*</a>:</p>'
    r"\s*<blockquote>.*?</blockquote>",
    re.DOTALL,
)
_QUOTED = re.compile(
    r"\s*@_\*\*[^*\n]+\*\* \[[^\]\n]*\]\([^)\n]*/near/(\d+)[^)\n]*\):\n(`{3,})quote\n.*?\n\2\n?", re.DOTALL
)
_PILL = re.compile(
    r'<span class="(?:user|topic|channel-wildcard)-mention"[^>]*data-user-id="([^"]+)"[^>]*>(@[^<]+)</span>'
)
_MENTION = re.compile(r"@\*\*([^*|\n]+)(?:\|(\d+))?\*\*")
_UPLOADED = re.compile(r"!?\[[^\]\n]*\]\((?:https?://[^)\s/]+)?/user_uploads/(?:[^)\s/]+/)*([^)\s/]+)\)")
_EVERYBODY = {"all", "everyone", "stream", "channel"}


class Zulip(Importer):
    """Zulip's archive, and its official export, unpacked."""

    title: ClassVar[str] = gettext_noop("Zulip (archive, official export)")
    platform: ClassVar[str] = "zulip"
    own_ids: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        return bool(_exports(source))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (nothing to choose)
        realm = _realm(source)
        counted: Counter[str] = Counter()
        for name, official in _exports(source).items():
            if not official:
                counted[realm.folder(name, source.name)] += 0
            for where, _key, value in walk(source, name, _OPENED) if official else ():
                if where and (key := realm.channel(value)):
                    counted[key] += 1
        if not counted:
            raise Unreadable(
                gettext_noop("There is no channel in this export of Zulip."),
                gettext_noop("Hand in its whole folder, with realm.json."),
            )
        return [Chat(key, realm.channels.get(key, key), count or None) for key, count in counted.items()]

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:  # noqa: ARG002 (times are UTC)
        realm = _realm(source)
        channel = _Channel(chat, realm)
        for name, official in _exports(source).items():
            if not official and realm.folder(name, source.name) != chat:
                continue
            for where, key, value in walk(source, name, _OPENED):
                if not official and (isinstance(key, int) or isinstance(value, Broken)):
                    yield from taken(channel.archived, value, place(name, key))
                elif official and where and realm.channel(value) == chat:
                    yield from taken(channel.official, value, place(name, key))
                elif official and isinstance(value, Broken):
                    yield Skipped(Skip.UNREADABLE, place(name, key), value.what)


@once
def _exports(source: Source) -> dict[str, bool]:
    """The files with messages, each with whether it is of the official export."""
    found: dict[str, bool] = {}
    for name in named(source, ".json"):
        head = beginning(source, name)
        if head.lstrip().startswith("{") and _OFFICIAL.search(head):
            found[name] = True
        elif head.lstrip().startswith(("[", "{")) and all(sign.search(head) for sign in _ARCHIVED):
            found[name] = False
    return found


@dataclass(slots=True)
class _Realm:
    """What an export says beside its messages."""

    people: dict[int, Sender] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    recipients: dict[int, str] = field(default_factory=dict)
    """The channel of each recipient; nothing for private ones."""

    def note(self, table: str, row: Mapping[str, Any]) -> None:
        key = row.get("id")
        if not isinstance(key, int):
            return
        if table in {"zerver_userprofile", "zerver_userprofile_mirrordummy", "zerver_userprofile_crossrealm"}:
            name = words(row.get("full_name")) or words(row.get("email")).partition("@")[0]
            is_bot = row.get("is_bot") is True or table.endswith("crossrealm")
            self.people[key] = Sender(str(key), name, is_bot)
        elif table == "zerver_stream":
            self.channels[str(key)] = words(row.get("name")) or str(key)
        elif table == "zerver_recipient":
            self.recipients[key] = str(row.get("type_id")) if row.get("type") == _STREAM else ""

    def channel(self, message: Any) -> str:
        """The channel that a message of the official export is in; nothing where it is private or unlisted."""
        recipient = fields(message).get("recipient")
        if not isinstance(recipient, int):
            return ""
        return self.recipients.get(recipient, "")

    def folder(self, name: str, otherwise: str) -> str:
        """The channel whose folder a file of the archive is in; of a topic alone, the file itself."""
        folder = PurePosixPath(name).parent.name
        found = _FOLDER.fullmatch(folder)
        if not found:
            return folder or PurePosixPath(name).stem or otherwise
        self.channels.setdefault(found[1], found[2])
        return found[1]


@once
def _realm(source: Source) -> _Realm:
    realm = _Realm()
    for name in source.names:
        if PurePosixPath(name).name == "realm.json":
            for where, _key, value in walk(source, name, ("*",)):
                realm.note(str(where[-1]) if where else "", fields(value))
        elif PurePosixPath(name).name == "stream_index.json":
            for where, key, value in walk(source, name, ("streams",)):
                if where == ("streams",) and isinstance(fields(value).get("id"), int):
                    realm.channels[str(value["id"])] = str(key)
    return realm


class _Channel:
    """One channel, record by record."""

    def __init__(self, key: str, realm: _Realm) -> None:
        self._key = key
        self._realm = realm
        self._people: dict[tuple[str, str], Sender] = {}

    def archived(self, record: Mapping[str, Any], at: str) -> list[Entry]:
        """A message with rendered text."""
        said = record["content"]
        if said.startswith("<p>/me "):
            return [Skipped(Skip.ACTION, at, text_of(said)[:60])]
        quoted = _QUOTED_HTML.match(said)
        rest = said[quoted.end() :] if quoted else said
        pills = _PILL.findall(rest) if "<span" in rest else ()
        people = {unescape(name): _mention(unescape(name)[1:], key) for key, name in pills} if pills else {}
        name = words(record.get("sender_full_name"))
        number = record.get("sender_id")
        key = str(number) if isinstance(number, int) else name
        who = self._people.get((key, name))
        if who is None:
            who = self._people[key, name] = Sender(_required(key), name, name in _BOTS)
        text = text_of(rest)
        return self._said(record, at, who, quoted and quoted[1], mentioning(text, people) if people else text)

    def official(self, record: Mapping[str, Any], at: str) -> list[Entry]:
        """A message with its text as it was written."""
        said = record["content"]
        if said.startswith("/me "):
            return [Skipped(Skip.ACTION, at, said[:60])]
        quoted = _QUOTED.match(said)
        rest = said[quoted.end() :] if quoted else said
        people = {found[0]: _mention(found[1], found[2] or "") for found in _MENTION.finditer(rest)}
        number = int(record["sender"])
        who = self._realm.people.get(number) or Sender(str(number))
        files = [file_called(unquote(name)) for name in _UPLOADED.findall(rest)] if "/user_uploads/" in rest else []
        words_only = _UPLOADED.sub("", rest) if files else rest
        return self._said(record, at, who, quoted and quoted[1], chain(files, mentioning(words_only, people)))

    def _said(
        self,
        record: Mapping[str, Any],
        at: str,
        who: Sender,
        answered: str | None,
        said: Iterator[Part] | str,
    ) -> list[Entry]:
        text, parts = (said, None) if isinstance(said, str) else told(said)
        if not (text.strip() or parts):
            return [Skipped(Skip.EMPTY, at)]
        number, sent_at = (
            str(int(record["id"])),
            datetime.fromtimestamp(record.get("timestamp") or record["date_sent"], UTC),
        )
        return [MessageReceived(self._key, number, sent_at, who, text, parts, answered)]


def _mention(name: str, key: str) -> Mention:
    return Mention(EVERYBODY, name) if name in _EVERYBODY or key == EVERYBODY else Mention(key or name, name)


def _required(value: str) -> str:
    if not value:
        raise ValueError("said by nobody")
    return value
