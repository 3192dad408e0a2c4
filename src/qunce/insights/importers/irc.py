"""Logs of IRC channels: irssi, WeeChat, ZNC and energymech, Limnoria, and loggers that write like them.

All have a stamp, then a sign of what it is: ``<nick>``, ``*``, ``-!-``, ``***``, ``===``, ``-->``. Where the stamp
has no day, it comes from lines such as ``--- Day changed …``, from the file's name, or from the person who imports.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo

from qunce.chat.connector import gettext_noop
from qunce.chat.types import MemberJoined, MemberLeft, MessageReceived
from qunce.insights.importer import Source, Unreadable
from qunce.insights.importers._dates import Stamps
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._logs import Log, People, beginning, placed, stem
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_SAID = re.compile(r"<[@+%&~!. ]?([^<>\s]+)> ?(.*)", re.DOTALL)
_STAMP = re.compile(
    r"(?:\[(?P<clock>\d\d:\d\d(?::\d\d)?)\]|(?:(?P<day>\d{4}-\d\d-\d\d)[T ])?"
    r"(?P<time>\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)(?P<zone>Z|[+-]\d\d:?\d\d)?)(?:\t| {1,2})(?P<rest>.*)",
    re.DOTALL,
)
_SIGN = re.compile(r"<[^<>\s]+> |<[@+%&~!. ][^<>\s]+> | ?\*{1,3} |-!- |=== |-->|<--|--\t|-[^\s-]+:?\S*- ")
_SPOKEN = re.compile(r"[@+%&~!]?((?!(?:-->|<--|--|=!=|\s?\*)\t)[^\t\s]+)\t(.*)", re.DOTALL)
"""What WeeChat writes of somebody who speaks: a nick, a tab, and the words."""
_MARKED = re.compile(r"(?:-!-|\*{3}|===|-->|<--|--)[\t ]+(?P<what>.*)", re.DOTALL)
_CAME = re.compile(r"Joins: (?P<a>\S+)|(?P<b>\S+) (?:[\[(<]\S*[\])>]\s+)?has joined\b", re.DOTALL)
_WENT = re.compile(
    r"(?:Parts|Quits): (?P<a>\S+)|(?P<b>\S+) (?:[\[(<]\S*[\])>]\s+)?(?:has (?:left|quit|parted)\b|was kicked\b)"
    r"|\S+ has kicked (?P<c>\S+)|(?P<d>\S+) was kicked (?:by|from)\b",
    re.DOTALL,
)
_RENAMED = re.compile(r"(?P<old>\S+) is now known as (?P<new>\S+)")
_NOW = re.compile(
    r"--- (?:Log opened|Day changed|Log closed) \w{3} (?P<month>[A-Z][a-z]{2}) (?P<day>\d\d?)"
    r" (?:\d\d:\d\d:\d\d )?(?P<year>\d{4})"
)
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?:_\d\d)?(?!\d)")
_CHANNEL = re.compile(r"[#&]+[^\s,/:]+")
_JOINED_WHERE = re.compile(r"has joined ([#&]\S+)")
_ENDINGS = re.compile(r"\.(?:log|txt|weechatlog|raw)$", re.IGNORECASE)
_NEXT_DAY = timedelta(hours=6)
"""A clock that goes back so far has passed midnight."""
_LONGEST_NICK = 40
_FEW = 0.5
"""So many of the first lines must be lines of a log."""


class Irc(Log):
    """One channel from all its files, in the order of their days."""

    title = "IRC (irssi, WeeChat, ZNC, Limnoria)"
    platform = "irc"
    by_name = True
    local_time = True
    coarse = True

    def fits(self, lines: Sequence[str]) -> bool:
        """Most lines have a stamp and a sign, and there is something said or somebody comes or goes."""
        signed = sum(_NOW.match(line) is not None or _signed(line) for line in lines)
        return signed > len(lines) * _FEW

    def chat(self, source: Source, name: str) -> Chat:
        """The channel: of the file's path, else what the file is called without its day, else where people join."""
        channels = _CHANNEL.findall(name)
        called = _plain(channels[-1] if channels else stem(name))
        if not called:
            parent = name.rsplit("/", 2)[-2] if "/" in name else ""
            joins = (_JOINED_WHERE.search(line) for line in beginning(source, name))
            called = parent or next((join[1] for join in joins if join), "") or _plain(source.name) or self.platform
        return Chat(called, called)

    def files(self, source: Source) -> Iterator[tuple[str, Chat]]:
        """The oldest first."""
        return iter(sorted(super().files(source), key=lambda file: (_day_of(file[0]) or date.min, file[0])))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:
        """One for each channel. Raises Unreadable where nothing tells a day."""
        found = super().chats(source, reading)
        for name, _chat in self.files(source):
            if not (_day_of(name) or reading.day or any(_tells_day(line) for line in beginning(source, name))):
                raise Unreadable(
                    gettext_noop("Nothing in %(file)s tells which day it was."),
                    gettext_noop("Put its first day into the file's name: channel.2024-03-05.log."),
                    file=name,
                )
        return found

    def lines(self, source: Source, name: str, chat: str, reading: Reading) -> Iterator[Entry]:
        """What was said, who came and who went."""
        ids, people, place = Ids(), People(), placed(source, name)
        calendar = _Calendar(_day_of(name) or (reading.day.date() if reading.day else None), reading.zone)
        for number, line in enumerate(source.lines(name), 1):
            if line.startswith("---") and (now := _NOW.match(line)):
                calendar.turn(now)
                yield Skipped(Skip.SERVICE, place(number), line[:80])
                continue
            found = _STAMP.match(line)
            at = calendar.at(*found.group("clock", "day", "time", "zone")) if found else calendar.last
            rest = found["rest"] if found else line
            if at is None or not (found or line.startswith("===")):
                if line.strip():
                    yield Skipped(Skip.UNREADABLE, place(number), line[:80])
                continue
            said = _SAID.match(rest) or _SPOKEN.match(rest)
            nick, text = (said[1], said[2].strip()) if said else ("", "")
            if text:
                yield MessageReceived(chat, ids.of(at, nick, text), at, people[nick], text)
            elif said:
                yield Skipped(Skip.EMPTY, place(number), nick)
            else:
                yield _happened(rest, chat, at, people) or _passed(rest, place(number))


class _Calendar:
    """Knows which day it is while a file is read."""

    def __init__(self, day: date | None, zone: tzinfo) -> None:
        self.last: datetime | None = None
        self._day, self._zone, self._stamps = day, zone, Stamps(zone)
        self._known: dict[str, datetime] = {}

    def turn(self, now: re.Match[str]) -> None:
        """A line says which day it is."""
        try:
            self._day = date(int(now["year"]), _MONTHS.index(now["month"]) // 3 + 1, int(now["day"]))
        except ValueError:
            return
        self._known.clear()
        self.last = None

    def at(self, bare: str | None, day: str | None, time: str | None, zone: str | None) -> datetime | None:
        """The moment of a line; ``bare``: a time in brackets. None where there is none, or no day is known yet."""
        clock = bare or time or ""
        try:
            if day:
                if not zone and clock[8:] == "":
                    self.last = self._stamps.at(day, clock)
                    return self.last
                at = datetime.fromisoformat(f"{day} {clock.replace(',', '.')[:15]}")
                self.last = (
                    datetime.fromisoformat(f"{at.isoformat()}{zone}") if zone else at.replace(tzinfo=self._zone)
                )
                return self.last
            at_day = self._known.get(clock)
            if at_day is None and self._day:
                midnight = f"{self._day.isoformat()} {clock.replace(',', '.')[:15]}"
                at_day = self._known[clock] = datetime.fromisoformat(midnight).replace(tzinfo=self._zone)
        except ValueError:
            return None
        if at_day and self._day and self.last and at_day < self.last - _NEXT_DAY:
            self._day += timedelta(days=1)
            self._known.clear()
            self.last = None
            return self.at(bare, day, time, zone)
        self.last = at_day
        return at_day


def _tells_day(line: str) -> bool:
    found = _STAMP.match(line)
    return bool(_NOW.match(line) or (found and found["day"]))


def _signed(line: str) -> bool:
    found = _STAMP.match(line)
    if not found:
        return line.startswith("=== ") and bool(_CAME.search(line) or _WENT.search(line) or _RENAMED.search(line))
    rest = found["rest"]
    return _SIGN.match(rest) is not None or (bool(found["day"]) and "\t" in rest and rest.index("\t") < _LONGEST_NICK)


def _happened(rest: str, chat: str, at: datetime, people: People) -> Entry | None:
    """Somebody came or went."""
    marked = _MARKED.match(rest)
    if not marked:
        return None
    for pattern, kind in ((_CAME, MemberJoined), (_WENT, MemberLeft)):
        if found := pattern.match(marked["what"]):
            nick = next(group for group in found.groups() if group)
            return kind(chat, people[nick], at)
    return None


def _passed(rest: str, place: str) -> Skipped:
    """What is neither said nor somebody's coming or going."""
    marked = _MARKED.match(rest)
    renamed = _RENAMED.search(marked["what"]) if marked else None
    if renamed:
        return Skipped(Skip.SERVICE, place, f"{renamed['old']} → {renamed['new']}")
    if re.match(r" ?\*[\t ]", rest):
        return Skipped(Skip.ACTION, place, rest[:80])
    known = marked or _SIGN.match(rest)
    return Skipped(Skip.SERVICE if known else Skip.UNREADABLE, place, rest[:80])


def _day_of(name: str) -> date | None:
    found = _IN_NAME.findall(name.rsplit("/", 1)[-1])
    try:
        return date(*(int(part) for part in found[-1])) if found else None
    except ValueError:
        return None


def _plain(name: str) -> str:
    """A channel's or file's name without its day and ending."""
    bare = name
    while (shorter := _ENDINGS.sub("", bare)) != bare:
        bare = shorter
    return _IN_NAME.sub("", bare).strip(" ._-")
