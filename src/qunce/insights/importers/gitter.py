"""Text lines as they are made of Gitter rooms: ``[2016-01-04 19:59:51] <nick> text``, one for each message."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from qunce.chat.types import MessageReceived, Sender
from qunce.insights.importer import Source
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._logs import Log, numbered
from qunce.insights.types import Entry, Reading, Skip, Skipped

_LINE = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\] <([^>\s]+)> ?(.*)", re.DOTALL)


class Gitter(Log):
    """One line is one message; a line without a stamp goes on with the one above it."""

    title = "Gitter (text lines)"
    platform = "gitter"
    by_name = True
    local_time = True

    def fits(self, lines: Sequence[str]) -> bool:
        """Begins with a message."""
        return bool(lines) and _LINE.match(lines[0]) is not None

    def lines(self, source: Source, name: str, chat: str, reading: Reading) -> Iterator[Entry]:
        """Its messages."""
        ids = Ids()
        held: tuple[str, str, str, list[str]] | None = None
        for place, line in numbered(source, name):
            if found := _LINE.match(line):
                if held:
                    yield _entry(chat, held, ids, reading)
                held = (place, found[1], found[2], [found[3]])
            elif held:
                held[3].append(line)
            elif line.strip():
                yield Skipped(Skip.UNREADABLE, place, line[:80])
        if held:
            yield _entry(chat, held, ids, reading)


def _entry(chat: str, held: tuple[str, str, str, list[str]], ids: Ids, reading: Reading) -> Entry:
    place, stamp, nick, said = held
    text = "\n".join(said).strip()
    if not text:
        return Skipped(Skip.EMPTY, place)
    try:
        at = datetime.fromisoformat(stamp).replace(tzinfo=reading.zone)
        return MessageReceived(chat, ids.of(at, nick, text), at, Sender(nick, nick), text)
    except (ValueError, OverflowError):
        return Skipped(Skip.UNREADABLE, place, stamp)
