"""The text that WhatsApp itself exports (``WhatsApp Chat with ….txt``, ``_chat.txt``), from any phone and country.

A message begins with a stamp and a name and goes on over lines without one. What WhatsApp says itself has no name
in front (Android), or that of the group and an unseen mark (iPhone). The file does not say in which order its dates
are written, nor where a name with a colon in it ends: the whole file is read once before, for these.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from qunce.chat.types import Content, Media, MemberJoined, MemberLeft, MessageReceived, Part, Text
from qunce.insights.importer import Source
from qunce.insights.importers import _whatsapp_words as words
from qunce.insights.importers._dates import DATE, TIME, DateOrder, Order, moment, on
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._logs import Log, People, placed, stem
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_NOT_A_LOG = r"(?!<\S+>\s)"
"""Logs of other programs have a nick in angle brackets there."""
_HEADER = re.compile(
    rf"[{words.MARKS}]*(\[)?{DATE}(?:,|،|\sà|\sum|\som|\sв|\skl\.?)?\s{{1,2}}{TIME}(?(1)\]|\s[-–—])\s{_NOT_A_LOG}(?P<rest>.*)"
)
_DIGITS = re.compile(r"\d+")
_SHAPES = 16
"""More than these are not one phone's: they are not worth being remembered."""
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
    coarse = True

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
        reader, ends = _Reader(source, name, chat, reading), _Headers().ends
        begun, first, header, more = 0, "", 0, list[str]()
        for number, line in enumerate(source.lines(name), 1):
            if end := ends(line):
                if begun:
                    yield from reader.entries(begun, first, header, more)
                begun, first, header, more = number, line, end, []
            elif begun:
                more.append(line)
            elif line.strip():
                yield Skipped(Skip.UNREADABLE, reader.place(number), line[:80])
        if begun:
            yield from reader.entries(begun, first, header, more)


class _Headers:
    """Finds the stamps that messages begin with. One phone writes them all in a few shapes: these are tried first."""

    def __init__(self) -> None:
        self._shapes: dict[str, None] = {}
        self._seen = re.compile(r"(?!)").match

    def ends(self, line: str) -> int:
        """Where the stamp ends that a line begins with; 0 where there is none."""
        if found := self._seen(line):
            return found.end()
        header = _HEADER.match(line)
        if header is None:
            return 0
        end = header.start("rest")
        if len(self._shapes) < _SHAPES:
            self._shapes[_DIGITS.sub(_digits, re.escape(line[:end]))] = None
            self._seen = re.compile(rf"(?:{'|'.join(self._shapes)}){_NOT_A_LOG}").match
        return end


def _digits(found: re.Match[str]) -> str:
    return r"\d{1,2}" if len(found[0]) <= len("12") else rf"\d{{{len(found[0])}}}"


class _Reader:
    """Reads one file, with what the whole of it tells: the order of its dates, and names with a colon in them."""

    def __init__(self, source: Source, name: str, chat: str, reading: Reading) -> None:
        self.place = placed(source, name)
        self._order, self._longer = _habits(source, name)
        self._chat, self._zone = chat, reading.zone
        self._ids, self._people = Ids(), People()
        self._names: dict[str, str | None] = {}
        self._stamp = ""
        self._date: tuple[str, ...] = ()
        self._day: date | None = None
        self._at: datetime | None = None

    def entries(self, number: int, line: str, header: int, more: list[str]) -> Sequence[Entry]:
        """What one line with a stamp of that length, and the lines behind it, say."""
        stamp = line[:header]
        if stamp != self._stamp:
            self._stamp, self._at = stamp, self._moment(line)
        at = self._at
        if at is None:
            return [Skipped(Skip.UNREADABLE, self.place(number), line[:80])]
        called, text = self._named(line[header:])
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

    def _moment(self, line: str) -> datetime | None:
        found = _HEADER.match(line)
        stamp = found.groups()[1:-1] if found else ()
        if stamp[_DATE] != self._date:
            self._date = stamp[_DATE]
            first, second, third = self._date
            self._day = on((int(first), int(second), int(third)), self._order)
        return moment(self._day, stamp[_TIME], self._zone) if self._day else None

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
    before = ""
    ends = _Headers().ends
    for line in source.lines(name):
        end = ends(line)
        if not end:
            continue
        if not (before and line.startswith(before)) and (found := _HEADER.match(line)):
            before = line[: found.end(4) + 1]  # with what stands behind the date
            _bracket, first, second, third, *_clock, half, _rest = found.groups()
            marked = (half or ".").isascii() and "." not in (half or ".")
            dates.see((int(first), int(second), int(third)), american=marked)
        called, _colon, text = line[end:].partition(": ")
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
    if not low.strip("\ufffd"):
        return Skip.EMPTY
    if found := words.UNSAID.fullmatch(low):
        return Skip.DELETED if found["deleted"] else Skip.EMPTY
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
