"""Text lines as they are made of Gitter rooms: ``[2016-01-04 19:59:51] <nick> text``, one for each message."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

from qunce.chat.types import MessageReceived
from qunce.insights.importer import Source
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._logs import Log, People, placed
from qunce.insights.types import Entry, Reading, Skip, Skipped

_LINE = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\] <([^>\s]+)> ?(.*)", re.DOTALL)

_Held: TypeAlias = tuple[int, str, str, list[str]]
"""The number of a line, its stamp and nick, and what is said from there on."""


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
        ids, people, place = Ids(), People(), placed(source, name)
        held: _Held | None = None
        for number, line in enumerate(source.lines(name), 1):
            if found := _LINE.match(line):
                if held:
                    yield _entry(chat, held, ids, people, reading) or _skipped(held, place)
                stamp, nick, said = found.groups()
                held = (number, stamp, nick, [said])
            elif held:
                held[3].append(line)
            elif line.strip():
                yield Skipped(Skip.UNREADABLE, place(number), line[:80])
        if held:
            yield _entry(chat, held, ids, people, reading) or _skipped(held, place)


def _entry(chat: str, held: _Held, ids: Ids, people: People, reading: Reading) -> Entry | None:
    _number, stamp, nick, said = held
    text = "\n".join(said).strip()
    if not text:
        return None
    try:
        at = datetime.fromisoformat(stamp).replace(tzinfo=reading.zone)
        return MessageReceived(chat, ids.of(at, nick, text), at, people[nick], text)
    except (ValueError, OverflowError):
        return None


def _skipped(held: _Held, place: Callable[[int], str]) -> Skipped:
    number, stamp, _nick, said = held
    empty = not "".join(said).strip()
    return Skipped(Skip.EMPTY if empty else Skip.UNREADABLE, place(number), stamp)
