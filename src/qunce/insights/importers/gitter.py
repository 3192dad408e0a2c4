"""Text lines as they are made of Gitter rooms: ``[2016-01-04 19:59:51] <nick> text``, one for each message."""

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from qunce.chat.types import MessageReceived
from qunce.insights.importer import Source
from qunce.insights.importers._dates import Stamps
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._logs import Log, People, placed
from qunce.insights.types import Entry, Reading, Skip, Skipped

_LINE = re.compile(r"\[(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\] <([^>\s]+)> ?(.*)", re.DOTALL)

_Held: TypeAlias = tuple[int, str, str, str, list[str]]
"""The number of a line, its day, time and nick, and what is said from there on."""


class Gitter(Log):
    """One line is one message; a line without a stamp goes on with the one above it."""

    title = "Gitter (TXT)"
    platform = "gitter"
    by_name = True
    local_time = True

    def fits(self, lines: Sequence[str]) -> bool:
        """Begins with a message."""
        return bool(lines) and _LINE.match(lines[0]) is not None

    def lines(self, source: Source, name: str, chat: str, reading: Reading) -> Iterator[Entry]:
        """Its messages."""
        entry, place = _Reader(source, name, chat, reading).entry, placed(source, name)
        begins = _LINE.match
        held: _Held | None = None
        for number, line in enumerate(source.lines(name), 1):
            if found := begins(line):
                if held:
                    yield entry(held)
                day, clock, nick, said = found.groups()
                held = (number, day, clock, nick, [said])
            elif held:
                held[-1].append(line)
            elif line.strip():
                yield Skipped(Skip.UNREADABLE, place(number), line[:80])
        if held:
            yield entry(held)


class _Reader:
    """Makes entries of one file's lines."""

    def __init__(self, source: Source, name: str, chat: str, reading: Reading) -> None:
        self._chat, self._place = chat, placed(source, name)
        self._ids, self._people, self._stamps = Ids(), People(), Stamps(reading.zone)

    def entry(self, held: _Held) -> Entry:
        """What was said from one stamp to the next."""
        number, day, clock, nick, said = held
        text = "\n".join(said).strip()
        at = self._stamps.at(day, clock)
        if at is None or not text:
            reason = Skip.UNREADABLE if text else Skip.EMPTY
            return Skipped(reason, self._place(number), f"{day} {clock}")
        return MessageReceived(self._chat, self._ids.of(at, nick, text), at, self._people[nick], text)
