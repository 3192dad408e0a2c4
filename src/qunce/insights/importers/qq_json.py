"""QQ as JSON, by QQChatExporter: one file, or ``manifest.json`` and its ``chunks/*.jsonl``; versions 3 to 5.

People are their QQ numbers. Messages have QQ's own ids, which are not those of OneBot.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from qunce.chat.types import Media, MemberJoined, MemberLeft, Mention, MessageReceived, Part, Sender, Text
from qunce.insights.importer import Importer, Source
from qunce.insights.importers._chinese import NAMED, Named, media, notice
from qunce.insights.importers._dates import parsed
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._json import Broken, beginning, fields, place, several, taken, walk, words
from qunce.insights.importers._logs import nothing, placed, readable, stem
from qunce.insights.importers._said import told
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_WHOLE = tuple(re.compile(pattern) for pattern in (r'"metadata"\s*:\s*\{', r'"chatInfo"\s*:\s*\{'))
_CHUNK = tuple(re.compile(rf'"{key}"\s*:') for key in ("sender", "uid|uin", "content", "timestamp"))
_MANIFEST = "manifest.json"
_KINDS = {"image": "image", "video": "video", "audio": "audio", "voice": "audio", "ptt": "audio", "file": "file"}
_ANSWERED = ("referencedMessageId", "replyMsgId", "messageId", "msgId")
_IDS = ((0, "uin"), (1, "senderUin"), (0, "uid"), (1, "senderUid"))
_NAMES = ((0, "groupCard"), (1, "sendMemberName"), (0, "nickname"), (1, "sendNickName"), (0, "name"))
"""Who speaks: keys of the sender (0) and of QQ's own record (1), the surest first."""
_SPEAKERS = 10_000
_QUOTED = re.compile(r"\[回复[^\[\]\n]*\]\s*")


class QQJson(Importer):
    """One export is one chat; chunks belong to the manifest above them."""

    title = "QQ (JSON, QQChatExporter)"
    platform = "onebot11"
    local_time = True

    def recognises(self, source: Source) -> bool:
        """Has the keys that this program writes."""
        return bool(_exports(source))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (files say it)
        """The chats of all exports."""
        found = {chat.key: chat for chat in _exports(source).values()}
        if not found:
            raise nothing(source, self.title)
        return list(found.values())

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        """The messages of that chat in all files."""
        files = [name for name, held in _exports(source).items() if held.key == chat]
        known = Named(lambda: _everybody(source, files))
        for name in files:
            reader = _Reader(chat, known, reading)
            for at, record in _records(source, name):
                yield from taken(reader.entries, record, at)


class _Reader:
    """Makes entries of the records of one file."""

    def __init__(self, chat: str, known: Named, reading: Reading) -> None:
        self._chat, self._known, self._zone = chat, known, reading.zone
        self._ids, self._people = Ids(), dict[tuple[str, str], Sender]()
        self._speakers: dict[tuple[tuple[str, Any], ...], tuple[str, str]] = {}

    def entries(self, message: Any, at: str) -> Sequence[Entry]:
        """What one message says."""
        content = fields(message["content"]) or {"text": message["content"]}
        sent_at = parsed(str(message.get("timestamp") or ""), self._zone) or parsed(
            words(message.get("time")), self._zone
        )
        if sent_at is None:
            return [Skipped(Skip.UNREADABLE, at, words(content.get("text"))[:80])]
        if message.get("system") or message.get("isSystemMessage") or message.get("type") == "system":
            return self._told(words(content.get("text")).strip(), sent_at, at)
        if message.get("recalled") or message.get("isRecalled"):
            return [Skipped(Skip.DELETED, at)]
        who, name = self._spoken_by(message)
        who = who or (f"{NAMED}{name}" if name else "")
        elements = several(content.get("elements"))
        plain = _plain(elements)
        text, parts = plain or told(_parts(content, elements))
        if not who or not text.strip():
            return [Skipped(Skip.EMPTY if who else Skip.UNREADABLE, at, text[:80])]
        known = str(message.get("id") or message.get("messageId") or "")
        return [
            MessageReceived(
                self._chat,
                known or self._ids.of(sent_at, who, text),
                sent_at,
                self._person(who, name),
                text,
                parts,
                None if plain and "reply" not in content else _answered(content, elements),
            )
        ]

    def _spoken_by(self, message: dict[str, Any]) -> tuple[str, str]:
        """As `_speaker`, remembered where the sender's own fields tell all."""
        if "rawMessage" in message:
            return _speaker(message)
        try:
            key = tuple(message["sender"].items())
            known = self._speakers.get(key)
        except (AttributeError, LookupError, TypeError):  # of another shape
            return _speaker(message)
        if known is None:
            if len(self._speakers) > _SPEAKERS:
                self._speakers.clear()
            known = self._speakers[key] = _speaker(message)
        return known

    def _person(self, who: str, name: str) -> Sender:
        known = self._people.get((who, name))
        if known is None:
            known = self._people[who, name] = Sender(who, name or who)
        return known

    def _told(self, text: str, sent_at: datetime, at: str) -> Sequence[Entry]:
        said = notice(text)
        if said.what in {"joined", "left"}:
            kind = MemberJoined if said.what == "joined" else MemberLeft
            return [
                kind(self._chat, Sender(who or self._known.id_of(name), name), sent_at) for who, name in said.people
            ]
        return [Skipped(Skip.DELETED if said.what == "recalled" else Skip.SERVICE, at, text[:80])]


def _exports(source: Source) -> dict[str, Chat]:
    """The files with messages, each with its chat."""
    found: dict[str, Chat] = {}
    manifests: dict[str, Chat] = {}
    for name in readable(source):
        text = beginning(source, name).lstrip("\ufeff \r\n\t")
        if text[:1] != "{":
            continue
        if all(key.search(text) for key in _WHOLE):
            if name.rsplit("/", 1)[-1] == _MANIFEST and '"chunked"' in text:
                manifests[name.removesuffix(_MANIFEST)] = _chat(source, name)
            else:
                found[name] = _chat(source, name)
        elif name.endswith(".jsonl") and all(key.search(text.split("\n", 1)[0]) for key in _CHUNK):
            found[name] = Chat(stem(name), stem(name))
    for name in found:
        for folder, chat in manifests.items():
            if name.endswith(".jsonl") and name.startswith(folder):
                found[name] = chat
    return found


def _chat(source: Source, name: str) -> Chat:
    """The chat that a file says it is of."""
    for where, held, value in walk(source, name, ("messages",)):
        if where == () and held == "chatInfo":
            info = fields(value)
            called = words(info.get("name"))
            ids = [str(info.get(key) or "") for key in ("groupCode", "peerUin", "peerUid")]
            key = next(filter(None, ids), "") or called or stem(name)
            return Chat(key, called or key)
    return Chat(stem(name), stem(name))


def _records(source: Source, name: str) -> Iterator[tuple[str, Any]]:
    """The messages of a file, each with where it stands."""
    if not name.endswith(".jsonl"):
        for where, key, value in walk(source, name, ("messages",)):
            if where == ("messages",) or isinstance(value, Broken):
                yield place(name, key), value
        return
    at = placed(source, name)
    for number, line in enumerate(source.lines(name), 1):
        if line.strip():
            try:
                record = json.loads(line.lstrip("\ufeff"))
            except (ValueError, RecursionError):
                record = Broken(line[:60])
            yield at(number), record


def _everybody(source: Source, files: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and numbers of all who speak."""
    for name in files:
        for _at, record in _records(source, name):
            if not isinstance(record, Broken):
                who, called = _speaker(record)
                if who:
                    yield called, who


def _speaker(message: Any) -> tuple[str, str]:
    """The number and the name of who says it."""
    held = fields(message)
    told = (fields(held.get("sender")), fields(held.get("rawMessage")))
    return next(_said_of(told, _IDS, {"", "0"}), ""), next(_said_of(told, _NAMES, {""}), "")


def _said_of(
    told: tuple[dict[str, Any], dict[str, Any]], keys: Sequence[tuple[int, str]], nothing: set[str]
) -> Iterator[str]:
    """What stands under these keys, the surest first, where it is something."""
    for which, key in keys:
        found = told[which].get(key)
        if found and (said := str(found).strip()) not in nothing:
            yield said


def _plain(elements: list[Any]) -> tuple[str, None] | None:
    """A message of one piece of text, as most are."""
    if len(elements) == 1 and (element := fields(elements[0])).get("type") == "text":
        return words(fields(element.get("data")).get("text")), None
    return None


def _parts(content: dict[str, Any], elements: list[Any]) -> Iterator[Part]:
    """What a message holds, piece by piece."""
    pieces = [part for element in elements for part in _part(fields(element))]
    if pieces:
        yield from pieces
        return
    text = _QUOTED.sub("", words(content.get("text")), count=1).strip()
    shown = media(text)
    resources = [fields(each) for each in several(content.get("resources"))]
    if shown or (resources and not text):
        kind = _KINDS.get(words(resources[0].get("type"))) if resources else None
        yield Media(
            kind or (shown.kind if shown else "file"), "", words(resources[0].get("filename")) if resources else ""
        )
    else:
        yield Text(text)


def _part(element: dict[str, Any]) -> Iterator[Part]:
    kind, data = words(element.get("type")), fields(element.get("data"))
    if kind == "text":
        yield Text(words(data.get("text")))
    elif kind == "at":
        who = str(data.get("uin") or data.get("uid") or "")
        name = words(data.get("name")).lstrip("@")
        yield Mention(who, name) if who else Text(f"@{name}")
    elif kind in _KINDS:
        size = data.get("size")
        name = words(data.get("filename")) or words(data.get("name"))
        yield Media(_KINDS[kind], "", name, "", size if isinstance(size, int) else None)
    elif kind != "reply":
        said = [words(data.get(key)) for key in ("text", "summary", "name", "title")]
        yield Text(next(filter(None, said), ""))


def _answered(content: dict[str, Any], elements: list[Any]) -> str | None:
    """The id of the message that is answered."""
    replies = [fields(content["reply"])] if "reply" in content else []
    replies += [fields(each.get("data")) for each in map(fields, elements) if each.get("type") == "reply"]
    ids = (str(reply.get(key) or "") for reply in replies for key in _ANSWERED)
    return next((each for each in ids if each not in {"", "0"}), None)
