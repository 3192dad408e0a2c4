"""The text that WhatsApp itself exports (``WhatsApp Chat with ….txt``, ``_chat.txt``), from any phone and country.

A message begins with a stamp and a name and goes on over lines without one. What WhatsApp says itself has no name
in front (Android), or that of the group and an unseen mark (iPhone). The file does not say in which order its dates
are written, nor where a name with a colon in it ends: the whole file is read once before, for these.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from qunce.chat.types import Content, Media, MemberJoined, MemberLeft, MessageReceived, Part, Sender, Text
from qunce.insights.importer import Source
from qunce.insights.importers import _whatsapp_words as words
from qunce.insights.importers._dates import DATE, TIME, DateOrder, Order, moment, on
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._logs import Log, numbered, stem
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_HEADER = re.compile(
    rf"[{words.MARKS}]*(\[)?{DATE}(?:,|،|\sà|\sum|\som|\sв|\skl\.?)?\s{{1,2}}{TIME}(?(1)\]|\s[-–—])\s(?!<\S+>\s)(?P<rest>.*)",
    re.IGNORECASE,
)
_WRITTEN_DATE = slice(1, 4)
_WRITTEN_TIME = slice(4, 9)
_AFTER_TIME = 8
_OFTEN = 3
"""So often must a name with a colon be seen, and never without what follows."""
_LONGEST_NAME = 60


@dataclass(slots=True)
class _Habits:
    """What the whole file says: the order of its dates, and names with a colon in them, by their first part."""

    order: Order
    longer: dict[str, str]


@dataclass(slots=True)
class _Record:
    """One stamp and what stands behind it, over several lines."""

    place: str
    found: re.Match[str]
    lines: list[str] = field(default_factory=list)


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
        habits = _habits(source, name)
        ids = Ids()
        record: _Record | None = None
        for place, line in numbered(source, name):
            if found := _HEADER.match(line):
                if record:
                    yield from _entries(record, habits, chat, reading, ids)
                record = _Record(place, found)
            elif record:
                record.lines.append(line)
            elif line.strip():
                yield Skipped(Skip.UNREADABLE, place, line[:80])
        if record:
            yield from _entries(record, habits, chat, reading, ids)


def _habits(source: Source, name: str) -> _Habits:
    dates = DateOrder()
    seen: dict[str, tuple[int, str | None]] = {}
    for line in source.lines(name):
        found = _HEADER.match(line)
        if not found:
            continue
        groups = found.groups()
        first, second, third = groups[_WRITTEN_DATE]
        latin = (groups[_AFTER_TIME] or ".").isascii() and "." not in (groups[_AFTER_TIME] or ".")
        dates.see((int(first), int(second), int(third)), american=latin and "/" in line[:8])
        called, *rest = found["rest"].split(": ", 2)
        if rest:
            count, next_part = seen.get(called, (0, rest[0]))
            seen[called] = (count + 1, next_part if len(rest) > 1 and rest[0] == next_part else None)
    longer = {
        called: f"{called}: {more}"
        for called, (count, more) in seen.items()
        if more is not None and count >= _OFTEN and len(called) + len(more) < _LONGEST_NAME
    }
    return _Habits(dates.order, longer)


def _entries(record: _Record, habits: _Habits, chat: str, reading: Reading, ids: Ids) -> Iterator[Entry]:
    groups = record.found.groups()
    first, second, third = groups[_WRITTEN_DATE]
    day = on((int(first), int(second), int(third)), habits.order)
    at = moment(day, groups[_WRITTEN_TIME], reading.zone) if day else None
    if at is None:
        yield Skipped(Skip.UNREADABLE, record.place, record.found[0][:80])
        return
    called, text = _named(record.found["rest"], habits)
    text = "\n".join([text, *record.lines]).strip() if record.lines else text.strip()
    if called is None:
        yield from _notice(text, at, chat, record.place)
        return
    marked = text[:1] in words.MARKS if text else False
    told = words.EDITED.sub("", text).strip(words.MARKS).strip()
    if marked and called == chat and not _shown(told, marked=True):
        yield from _notice(told, at, chat, record.place)
        return
    if reason := _unsaid(told, marked=marked):
        yield Skipped(reason, record.place, told[:80])
        return
    parts = _shown(told, marked=marked)
    told = Content(parts).plain if parts else told
    yield MessageReceived(chat, ids.of(at, called, told), at, Sender(called, called), told, parts)


def _named(rest: str, habits: _Habits) -> tuple[str | None, str]:
    """Who says it, and what; nobody where WhatsApp speaks."""
    called, colon, text = rest.partition(": ")
    if not colon:
        if not rest.endswith(":"):
            return None, rest
        called, text = rest[:-1], ""
    if words.NOTICES.fullmatch(called):
        return None, rest
    longer = habits.longer.get(called)
    if longer and rest.startswith(f"{longer}: "):
        called, text = longer, rest[len(longer) + 2 :]
    called = _name(called)
    return (called, text) if called else (None, rest)


def _name(written: str) -> str:
    """A name without what WhatsApp puts around it: unseen marks, hard spaces, the tilde of unknown numbers."""
    if written.isascii() and not written.startswith("~"):
        return written.strip()
    return written.translate(_PLAIN).strip().removeprefix("~").strip()


_PLAIN = {ord(mark): None for mark in words.MARKS} | {ord(space): " " for space in "\u00a0\u2007\u2009\u202f"}


def _unsaid(text: str, *, marked: bool) -> Skip | None:
    if not text.strip("\ufffd") or words.NOTHING.fullmatch(text):
        return Skip.EMPTY
    if words.DELETED.fullmatch(text.rstrip(".。")):
        return Skip.DELETED
    if marked and words.CALLS.fullmatch(text):
        return Skip.SERVICE
    return None


def _shown(text: str, *, marked: bool) -> tuple[Part, ...] | None:
    """The picture or file that stands in for, with what was said with it."""
    if words.OMITTED.fullmatch(text) or (marked and words.OMITTED_KIND.fullmatch(text)):
        return (Media(_kind(text), ""),)
    found = words.FILE.fullmatch(text) if ">" in text or ")" in text or "）" in text else None
    if not found:
        return None
    file = (found["tagged"] or found["plain"]).strip()
    caption = (found["before"] or found["after"] or "").strip(words.MARKS).strip()
    media = Media(_kind(file), file, file)
    return (media, Text(f"\n{caption}")) if caption else (media,)


def _kind(text: str) -> str:
    low = text.lower()
    return next((kind for kind, pattern in words.KINDS if pattern.search(low)), "file")


def _notice(text: str, at: datetime, chat: str, place: str) -> Iterator[Entry]:
    """What WhatsApp says: who came and went; all else is passed over."""
    told = text.translate(_PLAIN).strip().rstrip(".。")
    for patterns, kind in ((words.LEFT, MemberLeft), (words.JOINED, MemberJoined)):
        for pattern in patterns:
            if found := pattern.fullmatch(told):
                names = [_name(name) for name in words.SEVERAL.split(found["who"])]
                people = [name for name in names if name and name.lower() not in words.YOU]
                for name in people:
                    yield kind(chat, Sender(name, name), at)
                if not people:
                    yield Skipped(Skip.SERVICE, place, told[:80])
                return
    yield Skipped(Skip.SERVICE, place, told[:80])
