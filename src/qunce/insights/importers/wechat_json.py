"""WeChat as JSON: WeFlow's (a session and its messages), and PyWxDump's (a list of the rows that its CSV has)."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from qunce.insights.importer import Importer, Source
from qunce.insights.importers._chinese import Named
from qunce.insights.importers._dates import parsed
from qunce.insights.importers._json import Broken, beginning, fields, once, place, walk, words
from qunce.insights.importers._logs import nothing, readable, stem
from qunce.insights.importers._wechat import Reader, Record, dumped, users
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_FLOW = (re.compile(r'"session"\s*:\s*\{'), re.compile(r'"weflow"\s*:|"(?:senderUsername|localType)"\s*:'))
_DUMP = tuple(re.compile(rf'"{key}"\s*:') for key in ("type_name", "is_sender", "talker", "CreateTime"))
_PAGE = re.compile(r"_\d+(?:_\d+)?$")


class WeChatJson(Importer):
    """A file is one chat of WeFlow; PyWxDump's rows say which room they are of."""

    title = "WeChat (JSON: WeFlow, PyWxDump)"
    platform = "wechat"
    local_time = True

    def recognises(self, source: Source) -> bool:
        """Has the keys of one of these programs."""
        return bool(_files(source))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:
        """The sessions and rooms."""
        found: dict[str, Chat] = {}
        for name in _files(source):
            if session := _session(source, name):
                found.setdefault(session.key, session)
                continue
            for _key, chat, _value in _records(source, name, reading, {}):
                if chat:
                    found.setdefault(chat, Chat(chat, chat))
        if not found:
            raise nothing(source, self.title)
        return list(found.values())

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        """The messages of that chat in all files."""
        names = users(source)
        files = [name for name in _files(source) if (_session(source, name) or Chat(chat, "")).key == chat]
        known = Named(lambda: _everybody(source, files, chat, reading))
        for name in files:
            reader = Reader(chat, known)
            for key, held, record in _records(source, name, reading, names):
                if isinstance(record, Broken):
                    yield Skipped(Skip.UNREADABLE, place(name, key), record.what)
                elif held == chat:
                    yield from reader.entries(record, place(name, key))


def _everybody(source: Source, files: Sequence[str], chat: str, reading: Reading) -> Iterator[tuple[str, str]]:
    """Names and ids of all who speak."""
    names = users(source)
    for name in files:
        for _key, held, record in _records(source, name, reading, names):
            if held == chat and isinstance(record, Record) and record.who:
                yield record.name, record.who


@once
def _files(source: Source) -> list[str]:
    found = []
    for name in readable(source):
        text = beginning(source, name).lstrip("\ufeff \r\n\t")
        if text[:1] in {"{", "["} and any(all(key.search(text) for key in keys) for keys in (_FLOW, _DUMP)):
            found.append(name)
    return found


def _session(source: Source, name: str) -> Chat | None:
    """The chat of a file of WeFlow."""
    if not _FLOW[0].search(beginning(source, name)):
        return None
    for where, held, value in walk(source, name, ("messages",)):
        if where == () and held == "session":
            session = fields(value)
            called = [words(session.get(key)) for key in ("displayName", "nickname", "remark")]
            key = words(session.get("wxid")) or stem(name)
            count = session.get("messageCount")
            return Chat(key, next(filter(None, called), key), count if isinstance(count, int) else None)
    return None


def _records(
    source: Source, name: str, reading: Reading, names: dict[str, str]
) -> Iterator[tuple[str | int, str, Record | Broken]]:
    """Each record's number, its chat, and what it says."""
    session = _session(source, name)
    called = _PAGE.sub("", stem(name))
    for _where, key, value in walk(source, name, ("messages",)):
        if not isinstance(key, int):
            continue
        if isinstance(value, Broken):
            yield key, "", value
        elif session:
            yield key, session.key, _flowed(fields(value), reading)
        else:
            row = {field: _text(each) for field, each in fields(value).items()}
            if row.keys() >= {"talker", "is_sender", "CreateTime", "type_name"}:
                chat, record = dumped(row, called, reading.zone, names)
                yield key, chat, record
            else:
                yield key, "", Broken(str(value)[:80])


def _flowed(message: dict[str, Any], reading: Reading) -> Record:
    """A message of WeFlow."""
    get = message.get
    at = parsed(_text(get("createTime")), reading.zone)
    who, name = _text(get("senderUsername")), _text(get("senderDisplayName"))
    return Record(at, who, name, _text(get("type")), _text(get("content")), "", get("isSend", 0) is None)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else ""
