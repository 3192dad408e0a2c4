"""Slack's export of a workspace, packed or not: a folder per channel, a file per day.

Files of a day are in the workspace's zone; ``ts`` is UTC, exact, and the id of a message in its channel. What a
thread's messages answer is its first one. Whom a text mentions stays with it, as Slack's ids.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import PurePosixPath
from typing import Any, ClassVar

from qunce.chat.connector import gettext_noop
from qunce.chat.types import EVERYBODY, MemberJoined, MemberLeft, Mention, MessageReceived, Part, Sender, Text
from qunce.insights.importer import EXPORT_AGAIN, Importer, Source, Unreadable
from qunce.insights.importers._json import beginning, fields, once, place, several, taken, walk, words
from qunce.insights.importers._said import file_called, told
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json", re.IGNORECASE)
_STAMP = re.compile(r'"ts"\s*:\s*"\d{9,10}\.\d{1,6}"')
_LOOKED_AT = 5
"""Of how many days the beginning is looked at."""
_PRIVATE = re.compile(r"D[A-Z0-9]+")
"""Ids of what two say to each other; names of channels are in small letters."""
_LISTS = ("channels.json", "groups.json", "mpims.json")
_SAID = {"", "bot_message", "file_share", "file_comment", "thread_broadcast"}
_SKIPPED = {"me_message": Skip.ACTION, "tombstone": Skip.DELETED, "message_deleted": Skip.DELETED}
_FILES = frozenset({"file", "files"})
_MARKED = re.compile(r"<([^<>]*)>")
_EVERYBODY = {"here", "channel", "everyone"}


class Slack(Importer):
    """Slack's own export, as a zip or a folder."""

    title: ClassVar[str] = gettext_noop("Slack (export of a workspace)")
    platform: ClassVar[str] = "slack"
    own_ids: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        return any(_is_day(source, name) for name in _days(source)[:_LOOKED_AT])

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (nothing to choose)
        """Channels alone: what two say in private is nobody's community."""
        workspace = _workspace(source)
        folders = dict.fromkeys(str(PurePosixPath(name).parent) for name in _days(source))
        found = [workspace.chat(folder, source.name) for folder in folders]
        chats = [chat for chat in found if not _PRIVATE.fullmatch(chat.key)]
        if not chats:
            raise Unreadable(gettext_noop("There is no channel with messages in this export of Slack."), EXPORT_AGAIN)
        return chats

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:  # noqa: ARG002 (times are UTC)
        workspace = _workspace(source)
        channel = _Channel(chat, workspace)
        for name in _days(source):
            if workspace.chat(str(PurePosixPath(name).parent), source.name).key == chat:
                for _where, key, value in walk(source, name):
                    yield from taken(channel.read, value, place(name, key))


def _days(source: Source) -> list[str]:
    """The files of days; one that is handed in alone may have any name."""
    days = [name for name in source.names if _DAY.fullmatch(PurePosixPath(name).name)]
    return days or [name for name in source.names[:1] if len(source.names) == 1 and _is_day(source, name)]


def _is_day(source: Source, name: str) -> bool:
    head = beginning(source, name)
    return head.lstrip().startswith("[") and bool(_STAMP.search(head))


@dataclass(slots=True)
class _Workspace:
    """What an export says beside its messages."""

    keys: dict[str, str] = field(default_factory=dict)
    """Ids of channels, by name."""
    channels: dict[str, str] = field(default_factory=dict)
    people: dict[str, Sender] = field(default_factory=dict)

    def chat(self, folder: str, otherwise: str) -> Chat:
        """The channel of a folder; one that was renamed may have left a folder that no list knows."""
        name = PurePosixPath(folder).name or otherwise
        key = self.keys.get(name, name)
        return Chat(key, self.channels.get(key, name))

    def note_channel(self, channel: Mapping[str, Any]) -> None:
        key, name = words(channel.get("id")), words(channel.get("name"))
        if key:
            self.keys[name or key] = key
            self.channels[key] = name or key

    def note_person(self, user: Mapping[str, Any]) -> None:
        if key := words(user.get("id")):
            is_bot = user.get("is_bot") is True or key == "USLACKBOT"
            self.people[key] = Sender(key, _called(fields(user.get("profile"))) or _called(user), is_bot)


@once
def _workspace(source: Source) -> _Workspace:
    made = _Workspace()
    for name in source.names:
        base = PurePosixPath(name).name
        if base in _LISTS:
            for _where, _key, value in walk(source, name):
                made.note_channel(fields(value))
        elif base == "users.json":
            for _where, _key, value in walk(source, name):
                made.note_person(fields(value))
    return made


def _called(person: Mapping[str, Any]) -> str:
    asked = ("display_name", "real_name", "name")
    return next((name for name in (words(person.get(key)) for key in asked) if name), "")


class _Channel:
    """One channel, record by record."""

    def __init__(self, key: str, workspace: _Workspace) -> None:
        self._key = key
        self._known = workspace
        self._others: dict[str, Sender] = {}
        """Who speaks and is not in the list: guests of other workspaces."""

    def read(self, record: Mapping[str, Any], at: str) -> list[Entry]:
        subtype = words(record.get("subtype"))
        sent_at = _moment(record["ts"])
        if subtype in {"channel_join", "group_join"}:
            inviter = words(record.get("inviter"))
            return [
                MemberJoined(self._key, self._sender(record), sent_at, self._person(inviter) if inviter else None)
            ]
        if subtype in {"channel_leave", "group_leave"}:
            return [MemberLeft(self._key, self._sender(record), sent_at)]
        if subtype not in _SAID or record.get("type", "message") != "message":
            return [Skipped(_SKIPPED.get(subtype, Skip.SERVICE), at, subtype or str(record["type"]))]
        said = record.get("text")
        if isinstance(said, str) and said and "<" not in said and record.keys().isdisjoint(_FILES):
            text, parts = unescape(said), None
        else:
            text, parts = told(self._pieces(record, subtype))
        if not (text.strip() or parts):
            return [Skipped(Skip.EMPTY, at)]
        thread = words(record.get("thread_ts"))
        answered = thread if thread != record["ts"] else ""
        return [
            MessageReceived(self._key, record["ts"], sent_at, self._sender(record), text, parts, answered or None)
        ]

    # -------------------------------------------------------------- who
    def _sender(self, record: Mapping[str, Any]) -> Sender:
        """Who speaks; programs by the id of their integration, or of the account that they have."""
        user = words(record.get("user")) or words(fields(record.get("comment")).get("user"))
        bot = words(record.get("bot_id"))
        if user:
            person = self._known.people.get(user) or self._person(user, fields(record.get("user_profile")))
            return Sender(person.external_id, person.name, is_bot=True) if bot else person
        name = words(record.get("username")) or words(fields(record.get("bot_profile")).get("name"))
        if not (bot or name):
            raise ValueError("said by nobody")
        return Sender(bot or name, name or bot, is_bot=True)

    def _person(self, key: str, profile: Mapping[str, Any] | None = None) -> Sender:
        known = self._known.people.get(key) or self._others.get(key)
        if known is None:
            known = self._others[key] = Sender(key, _called(profile or {}), is_bot=key == "USLACKBOT")
        return known

    # -------------------------------------------------------------- what
    def _pieces(self, record: Mapping[str, Any], subtype: str) -> Iterator[Part]:
        """Files first, as everywhere. The sentence in which Slack tells who shared one is left out."""
        alone = fields(record.get("file"))
        for each in several(record.get("files")) or [alone]:
            if each and subtype != "file_comment" and each.get("mode") != "tombstone":
                name = words(each.get("title")) or words(each.get("name"))
                yield file_called(name, words(each.get("mimetype")), each.get("size"))
        said = words(record.get("text"))
        if alone and subtype in {"file_share", "file_comment"}:
            said = words(fields(record.get("comment") or alone.get("initial_comment")).get("comment"))
        yield from self._marked(said or "\n".join(_cards(record)))

    def _marked(self, said: str) -> Iterator[Part]:
        """A text's marks are in angle brackets: people, channels, links. Brackets that people write are escaped."""
        for at, piece in enumerate(_MARKED.split(said)):
            if not at % 2:
                yield Text(unescape(piece))
                continue
            target, _, label = piece.partition("|")
            sign, name = target[:1], target[1:]
            if sign == "@":
                yield Mention(name, self._person(name).name or label)
            elif sign == "!" and name in _EVERYBODY:
                yield Mention(EVERYBODY, name)
            elif sign == "#":
                yield Text(f"#{unescape(label) or self._known.channels.get(name, name)}")
            else:
                yield Text(unescape(label or name) if sign == "!" else _link(unescape(target), unescape(label)))


def _link(address: str, label: str) -> str:
    """A link as people read it; what was made a link of itself is itself."""
    if not label or label in address:
        return label if address.startswith(("mailto:", "tel:")) and label else address
    return label if address.startswith(("mailto:", "tel:")) else f"{label} ({address})"


def _cards(record: Mapping[str, Any]) -> Iterator[str]:
    """What programs show beside a text."""
    for each in several(record.get("attachments")):
        shown = [words(each.get(key)) for key in ("pretext", "title", "text")]
        yield "\n".join(filter(None, shown)) or words(each.get("fallback"))


def _moment(stamp: str) -> datetime:
    return datetime.fromtimestamp(float(words(stamp)), UTC)  # microseconds of our time are exact in a float
