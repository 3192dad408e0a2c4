"""The text that QQ's message manager exports: a line with time, name and number, what was said, and a blank line.

The number is the person; names change with the group's name cards. Pasted conversations look like the file's own
lines, but no blank line stands before them; so where a file has these between its messages, they count.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from qunce.chat.types import Content, MemberJoined, MemberLeft, MessageReceived, Sender
from qunce.insights.importer import Source
from qunce.insights.importers._chinese import NAMED, Named, media, notice
from qunce.insights.importers._dates import Stamps, hour_of
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._json import once
from qunce.insights.importers._logs import Texts, nothing, placed
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_STAMP = re.compile(r"(\d{4}-\d\d?-\d\d?) (\d\d?)(:\d\d:\d\d)(?: ([AP]M|[上下]午))? ")
_NUMBER = re.compile(r"\d{5,12}")
_MAIL = re.compile(r"[^<>\s]+@[^<>\s]+")
_WITH = "消息对象:"
_RULER = "=" * 20
_MARKS = {_WITH[0], _RULER[0]}
_BEGINNING = "消息记录（此消息记录为文本格式"
_TITLE = re.compile(r"【(?:群主|管理员|潜水|冒泡|吐槽|活跃|话唠|传说|群聊之火|LV\d+|\d+级)】")
_SYSTEM = {"10000", "1000000"}
_YEARS = {"19", "20"}
_SURE = 0.5
"""So many messages have a blank line above where a file has them at all."""


class QQText(Texts):
    """Each ``消息对象`` is a chat; a file may hold many."""

    title = "QQ (TXT, 消息管理器)"
    platform = "onebot11"
    local_time = True

    def fits(self, lines: Sequence[str]) -> bool:
        """Begins as QQ begins it, or with a line of time, name and number."""
        if any(line.startswith((_BEGINNING, _WITH)) for line in lines[:8]):
            return True
        found = _header(lines[0]) if lines else None
        return found is not None and bool(found.who)

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (only some need to know)
        """All that are talked with, in the files' order."""
        found: dict[str, Chat] = {}
        for name, alone in self.files(source):
            found |= {called: Chat(called, called) for called in _whole(source, name).chats or [alone.key] if called}
        if not found:
            raise nothing(source, self.title)
        return list(found.values())

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        """What was said with that one."""
        for name, _alone in self.files(source):
            yield from self.lines(source, name, chat, reading)

    def lines(self, source: Source, name: str, chat: str, reading: Reading) -> Iterator[Entry]:
        """What one file says of one chat."""
        reader, whole = _Reader(source, name, chat, reading), _whole(source, name)
        current = self.chat(source, name).key
        begun, header, said, above = 0, None, list[str](), ""
        for number, line in enumerate(source.lines(name), 1):
            found = _header(line) if line[:2] in _YEARS and whole.may_begin(above) else None
            if found and whole.numbered and not found.who:
                found = None
            above = line
            if found or (line[:1] in _MARKS and line.startswith((_WITH, _RULER))):
                if header and current == chat:
                    yield from reader.entries(begun, header, said)
                begun, header, said = number, found, []
                current = line[len(_WITH) :].strip() if line.startswith(_WITH) else current
            elif header:
                said.append(line)
        if header and current == chat:
            yield from reader.entries(begun, header, said)


class _Header(NamedTuple):
    """The line above a message. ``who``: a number or an address; nothing where there is none."""

    stamp: re.Match[str]
    name: str
    who: str


def _everybody(source: Source, name: str) -> Iterator[tuple[str, str]]:
    """Names and numbers of all who speak."""
    for line in source.lines(name):
        found = _header(line) if line[:2] in _YEARS else None
        if found and found.who.isdecimal():
            yield found.name, found.who


def _header(line: str) -> _Header | None:
    stamp = _STAMP.match(line)
    if stamp is None:
        return None
    return _Header(stamp, *_speaker(line[stamp.end() :]))


@lru_cache(8192)
def _speaker(written: str) -> tuple[str, str]:
    """Name and number (or address) of whoever stands behind a stamp: the same few thousand, again and again."""
    rest = written.strip()
    name, who = rest, ""
    if rest[-1:] in {")", ">"}:
        before, bracket, number = rest[:-1].rpartition("(" if rest[-1] == ")" else "<")
        if bracket and (_NUMBER if rest[-1] == ")" else _MAIL).fullmatch(number):
            name, who = before, number
    if name[:1] == "【":
        name = _TITLE.sub("", name, count=1)
    return name.strip(), who


class _Whole(NamedTuple):
    """What the whole of a file tells: who is talked with, how it is spaced, and whether people have numbers."""

    chats: list[str]
    spaced: bool
    numbered: bool

    def may_begin(self, above: str) -> bool:
        """Whether a message may begin beneath this line."""
        return not (self.spaced and above.strip()) or above.startswith(_RULER)


def _whole(source: Source, name: str) -> _Whole:
    known = _wholes(source)
    if name not in known:
        known[name] = _looked_through(source.lines(name))
    return known[name]


@once
def _wholes(source: Source) -> dict[str, _Whole]:  # noqa: ARG001 (what is remembered of it)
    """By file, as far as it was asked for."""
    return {}


def _looked_through(lines: Iterator[str]) -> _Whole:
    chats: list[str] = []
    headers = spaced = numbered = 0
    above = ""
    for line in lines:
        if line[:2] in _YEARS and (found := _header(line)):
            headers += 1
            spaced += not above.strip()
            numbered += found.who.isdecimal()
        elif line.startswith(_WITH):
            chats.append(line[len(_WITH) :].strip())
        above = line
    return _Whole(chats, spaced > headers * _SURE, numbered > 0)


class _Reader:
    """Makes entries of one file's messages."""

    def __init__(self, source: Source, name: str, chat: str, reading: Reading) -> None:
        self._chat, self._zone, self._place = chat, reading.zone, placed(source, name)
        self._ids, self._people = Ids(), dict[tuple[str, str], Sender]()
        self._known = Named(lambda: _everybody(source, name))
        self._stamps = Stamps(reading.zone)

    def entries(self, number: int, found: _Header, said: list[str]) -> Sequence[Entry]:
        """What one message says."""
        text = "\n".join(said).strip()
        at = self._moment(found.stamp)
        name, who = found.name, found.who
        if at is None or not (name or who):
            return [Skipped(Skip.UNREADABLE, self._place(number), found.stamp[0])]
        if who in _SYSTEM or name == "系统消息":
            return self._told(text, at, number)
        if not text.strip("\ufffd"):
            return [Skipped(Skip.EMPTY, self._place(number))]
        shown = media(text)
        parts = (shown,) if shown else None
        text = Content(parts).plain if parts else text
        who = who or f"{NAMED}{name}"
        sender = self._people.get((who, name))
        if sender is None:
            sender = self._people[who, name] = Sender(who, name or who)
        return [MessageReceived(self._chat, self._ids.of(at, who, text), at, sender, text, parts)]

    def _told(self, text: str, at: datetime, number: int) -> Sequence[Entry]:
        told = notice(text)
        if told.what in {"joined", "left"}:
            kind = MemberJoined if told.what == "joined" else MemberLeft
            return [kind(self._chat, Sender(who or self._known.id_of(name), name), at) for who, name in told.people]
        reason = Skip.DELETED if told.what == "recalled" else Skip.SERVICE
        return [Skipped(reason, self._place(number), text[:80])]

    def _moment(self, found: re.Match[str]) -> datetime | None:
        day, hour, rest, mark = found.groups()
        return self._stamps.at(day, f"{hour_of(int(hour), mark)}{rest}" if mark else hour + rest)
