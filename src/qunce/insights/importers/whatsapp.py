"""The text that WhatsApp itself exports (``WhatsApp Chat with ….txt``, ``_chat.txt``), from any phone and country.

A message begins with a stamp and a name and goes on over lines without one. What WhatsApp says itself has no name
in front (Android), or that of the group and an unseen mark (iPhone). The file does not say in which order its dates
are written, nor where a name with a colon in it ends: the whole file is read once before, for these.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from qunce.chat.types import Content, Media, MemberJoined, MemberLeft, MessageReceived, Part, Text
from qunce.insights.importer import Source
from qunce.insights.importers import _whatsapp_words as words
from qunce.insights.importers._dates import DATE, TIME, DateOrder, Order, moment, on
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._logs import Log, People, placed, stem
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_HEADER = re.compile(
    rf"[{words.MARKS}]*(\[)?{DATE}(?:,|،|\sà|\sum|\som|\sв|\skl\.?)?\s{{1,2}}{TIME}(?(1)\]|\s[-–—])\s(?!<\S+>\s)(?P<rest>.*)"
)
_DATE, _TIME = slice(0, 3), slice(3, 8)
_OFTEN = 3
"""So often must a name with a colon be seen, and never without what follows."""
_LONGEST_NAME = 60


class WhatsApp(Log):
    """One file is one chat; it is called after the file, or after the folder of a ``_chat.txt``."""

    title = "WhatsApp (TXT)"
    platform = "whatsapp"
    by_name = True
    local_time = True

    def fits(self, lines: Sequence[str]) -> bool:
        """Begins with a stamp, and somebody says something."""
        stamped = [found for line in lines if (found := _HEADER.match(line))]
        return bool(lines) and _HEADER.match(lines[0]) is not None and any(":" in found["rest"] for found in stamped)

    def chat(self, source: Source, name: str) -> Chat:
        """``WhatsApp Chat with Lamps.txt`` is the chat ``Lamps``."""
        called = super().chat(source, name).name
        if called.startswith("_chat"):
            folder = name.rsplit("/", 2)[-2] if "/" in name else source.name
            called = stem(f"{folder}.txt")
        for pattern in words.CHAT_NAMES:
            if found := pattern.fullmatch(called):
                called = found[1]
                break
        return Chat(called, called)

    def lines(self, source: Source, name: str, chat: str, reading: Reading) -> Iterator[Entry]:
        """Its messages, joins and departures."""
        reader = _Reader(source, name, chat, reading)
        begun, found, more = 0, None, list[str]()
        for number, line in enumerate(source.lines(name), 1):
            if header := _HEADER.match(line):
                if found:
                    yield from reader.entries(begun, found, more)
                begun, found, more = number, header, []
            elif found:
                more.append(line)
            elif line.strip():
                yield Skipped(Skip.UNREADABLE, reader.place(number), line[:80])
        if found:
            yield from reader.entries(begun, found, more)


class _Reader:
    """Reads one file, with what the whole of it tells: the order of its dates, and names with a colon in them."""

    def __init__(self, source: Source, name: str, chat: str, reading: Reading) -> None:
        self.place = placed(source, name)
        self._order, self._longer = _habits(source, name)
        self._chat, self._zone = chat, reading.zone
        self._ids, self._people = Ids(), People()
        self._names: dict[str, str | None] = {}
        self._stamp: list[str | Any] = []
        self._date: list[str | Any] = []
        self._day: date | None = None
        self._at: datetime | None = None

    def entries(self, number: int, found: re.Match[str], more: list[str]) -> Sequence[Entry]:
        """What one stamp and the lines behind it say."""
        _bracket, *stamp, rest = found.groups()
        if stamp != self._stamp:
            self._stamp, self._at = stamp, self._moment(stamp)
        at = self._at
        if at is None:
            return [Skipped(Skip.UNREADABLE, self.place(number), found[0][:80])]
        called, text = self._named(rest)
        text = "\n".join([text, *more]).strip() if more else text.strip()
        if called is None:
            return self._notice(text, at, number)
        marked = text[:1] in words.MARKS if text else False
        if "<" in text:
            text = words.EDITED.sub("", text)
        if not text.isascii():
            text = text.strip(words.MARKS).strip()
        parts = _shown(text, marked=marked)
        if parts:
            text = Content(parts).plain
        elif marked and called == self._chat:
            return self._notice(text, at, number)
        elif reason := _unsaid(text, marked=marked):
            return [Skipped(reason, self.place(number), text[:80])]
        return [MessageReceived(self._chat, self._ids.of(at, called, text), at, self._people[called], text, parts)]

    def _moment(self, stamp: list[str | Any]) -> datetime | None:
        if stamp[_DATE] != self._date:
            self._date = stamp[_DATE]
            first, second, third = self._date
            self._day = on((int(first), int(second), int(third)), self._order)
        return moment(self._day, tuple(stamp[_TIME]), self._zone) if self._day else None

    def _named(self, rest: str) -> tuple[str | None, str]:
        """Who says it, and what; nobody where WhatsApp speaks."""
        written, colon, text = rest.partition(": ")
        if not colon:
            if not rest.endswith(":"):
                return None, rest
            written, text = rest[:-1], ""
        if written in self._longer:
            more, _colon, text = text.partition(": ")
            written = f"{written}: {more}"
        if written not in self._names:
            self._names[written] = None if words.NOTICES.fullmatch(written) else _name(written) or None
        called = self._names[written]
        return (called, text) if called else (None, rest)

    def _notice(self, text: str, at: datetime, number: int) -> Sequence[Entry]:
        """What WhatsApp says: who came and went; all else is passed over."""
        told = text.translate(_PLAIN).strip().rstrip(".。")
        for patterns, kind in ((words.LEFT, MemberLeft), (words.JOINED, MemberJoined)):
            who = next((found["who"] for pattern in patterns if (found := pattern.fullmatch(told))), "")
            names = [_name(name) for name in words.SEVERAL.split(who)]
            if people := [name for name in names if name and name.lower() not in words.YOU]:
                return [kind(self._chat, self._people[name], at) for name in people]
            if who:
                break
        return [Skipped(Skip.SERVICE, self.place(number), told[:80])]


def _habits(source: Source, name: str) -> tuple[Order, set[str]]:
    """In which order the file's dates are written, and which names go on behind their first colon."""
    dates = DateOrder()
    more: dict[str, tuple[str, int]] = {}
    short = set()
    before: list[str | Any] = []
    for line in source.lines(name):
        found = _HEADER.match(line)
        if not found:
            continue
        _bracket, *stamp, rest = found.groups()
        if stamp[_DATE] != before:
            before = stamp[_DATE]
            half = stamp[-1] or "."
            first, second, third = before
            dates.see((int(first), int(second), int(third)), american=half.isascii() and "." not in half)
        called, _colon, text = rest.partition(": ")
        if called in short:
            continue
        second_name, colon, _text = text.partition(": ")
        known, count = more.get(called, (second_name, 0))
        if not colon or known != second_name or len(called) + len(known) > _LONGEST_NAME:
            short.add(called)
        else:
            more[called] = (known, count + 1)
    return dates.order, {called for called, (_known, count) in more.items() if count >= _OFTEN} - short


def _name(written: str) -> str:
    """A name without what WhatsApp puts around it: unseen marks, hard spaces, the tilde of unknown numbers."""
    return written.translate(_PLAIN).strip().removeprefix("~").strip()


_PLAIN = {ord(mark): None for mark in words.MARKS} | {ord(space): " " for space in "\u00a0\u2007\u2009\u202f"}


def _unsaid(text: str, *, marked: bool) -> Skip | None:
    low = text[:_LONGEST_NAME].lower().rstrip(".。")
    if not low.strip("\ufffd") or words.NOTHING.fullmatch(low):
        return Skip.EMPTY
    if words.DELETED.fullmatch(low):
        return Skip.DELETED
    if marked and words.CALLS.fullmatch(low):
        return Skip.SERVICE
    return None


def _shown(text: str, *, marked: bool) -> tuple[Part, ...] | None:
    """The picture or file that stands in for, with what was said with it."""
    if marked and words.OMITTED_KIND.fullmatch(text):
        return (Media(_kind(text), ""),)
    if not text.endswith((">", ")", "）")) and not words.ATTACHED.search(text):
        return None
    if text.startswith("<") and words.OMITTED.fullmatch(text):
        return (Media(_kind(text), ""),)
    found = words.FILE.fullmatch(text)
    if not found:
        return None
    file = (found["tagged"] or found["plain"]).strip()
    caption = (found["before"] or found["after"] or "").strip(words.MARKS).strip()
    media = Media(_kind(file), "", file)
    return (media, Text(f"\n{caption}")) if caption else (media,)


def _kind(text: str) -> str:
    low = text.lower()
    return next((kind for kind, pattern in words.KINDS if pattern.search(low)), "file")
