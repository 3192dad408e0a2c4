"""WeChat as CSV, by the programs people use for it: MemoTrace (留痕), PyWxDump, WeFlow.

MemoTrace writes WeChat's own columns, all chats in one file or a file for each; an older build leaves the last three
columns without names. PyWxDump writes pages, ``<chat>_<from>_<to>.csv``; with ``users.json`` beside them, people have
their names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import TypeAlias

from qunce.insights.importer import Source
from qunce.insights.importers._chinese import Named
from qunce.insights.importers._dates import parsed
from qunce.insights.importers._logs import Texts, beginning, nothing, placed, stem
from qunce.insights.importers._tables import cells, delimiter_of, records
from qunce.insights.importers._wechat import SELF, Reader, Record, dumped, users
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_MEMOTRACE = {"IsSender", "CreateTime", "StrContent", "StrTime"}
_DUMP = {"type_name", "is_sender", "talker", "CreateTime"}
_LAST = ("Remark", "NickName", "Sender")
_PAGE = re.compile(r"_\d+(?:_\d+)?$")


class WeChatCsv(Texts):
    """One chat in a file, or several, told apart by their room or talker."""

    title = "WeChat (CSV: 留痕 MemoTrace, PyWxDump, WeFlow)"
    platform = "wechat"
    local_time = True

    def fits(self, lines: Sequence[str]) -> bool:
        """The first row has the columns of one of these programs."""
        head = set(_head(lines))
        return head >= _MEMOTRACE or (head >= _DUMP and bool(head & {"msg", "content"}))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:
        """The rooms, or else the files."""
        found: dict[str, Chat] = {}
        for name, _alone in self.files(source):
            for _number, key, record in _rows(source, name, reading.zone, {}):
                if record:
                    found.setdefault(key, Chat(key, key))
        if not found:
            raise ValueError(nothing(source, self.title))
        return list(found.values())

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        """The rows of that chat in all files."""
        names, known = users(source), Named()
        for name, _alone in self.files(source):
            for _number, key, record in _rows(source, name, reading.zone, names):
                if record and key == chat and record.name:
                    known.add(record.name, record.who)
        for name, _alone in self.files(source):
            reader, place = Reader(chat, known), placed(source, name)
            for number, key, record in _rows(source, name, reading.zone, names):
                if record is None:
                    yield Skipped(Skip.UNREADABLE, place(number))
                elif key == chat:
                    yield from reader.entries(record, place(number))


def _head(lines: Sequence[str]) -> list[str]:
    """What the columns are called."""
    return [cell.strip() for cell in cells(lines[0].lstrip("\ufeff"), delimiter_of(lines)) or []] if lines else []


_Rows: TypeAlias = Iterator[tuple[int, str, Record | None]]
"""Each row's line, its chat, and what it says; None where it cannot be read."""


def _rows(source: Source, name: str, zone: tzinfo, names: Mapping[str, str]) -> _Rows:
    lines = beginning(source, name)
    head = _head(lines)
    called = _PAGE.sub("", stem(name))
    rows = records(source, name, delimiter_of(lines))
    next(rows, None)
    talkers = _talkers(source, name) if "TalkerId" in head else set()
    for number, row in rows:
        if row is None or len(row) < len(head):
            yield number, "", None
            continue
        values = dict(zip(head, row, strict=False))
        if "StrContent" in head:
            beyond = row[len(head) :]
            if len(beyond) >= len(_LAST):
                values |= zip(_LAST, beyond, strict=False)
            key = f"{called}/{values['TalkerId']}" if len(talkers) > 1 else called
            yield number, key, _traced(values, zone)
        else:
            yield number, *dumped(values, called, zone, names)


def _talkers(source: Source, name: str) -> set[str]:
    """The chats in a file of MemoTrace."""
    lines = beginning(source, name)
    at = _head(lines).index("TalkerId")
    rows = records(source, name, delimiter_of(lines))
    next(rows, None)
    return {row[at] for _number, row in rows if row and len(row) > at}


def _traced(values: Mapping[str, str], zone: tzinfo) -> Record:
    """A row of MemoTrace."""
    at = parsed(values["CreateTime"].strip(), zone) or parsed(values["StrTime"].strip(), zone)
    name = values.get("NickName", "").strip() or values.get("Remark", "").strip()
    if not name and values["IsSender"].strip() == "1":
        name = SELF
    return Record(at, values.get("Sender", "").strip(), name, values.get("Type", ""), values["StrContent"])
