"""WeChat as CSV, by the programs people use for it: MemoTrace (留痕), PyWxDump, WeFlow.

MemoTrace writes WeChat's own columns, all chats in one file or a file for each; an older build leaves the last three
columns without names. PyWxDump writes pages, ``<chat>_<from>_<to>.csv``; with ``users.json`` beside them, people have
their names.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import cached_property
from operator import itemgetter

from qunce.insights.importer import Source
from qunce.insights.importers._chinese import Named
from qunce.insights.importers._dates import parsed
from qunce.insights.importers._json import once
from qunce.insights.importers._logs import Texts, beginning, nothing, placed, stem
from qunce.insights.importers._tables import cells, delimiter_of, records
from qunce.insights.importers._wechat import SELF, Reader, Record, dumped, users
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_MEMOTRACE = {"IsSender", "CreateTime", "StrContent", "StrTime"}
_DUMP = {"type_name", "is_sender", "talker", "CreateTime"}
_LAST = ("Remark", "NickName", "Sender")
_NEEDED = ("CreateTime", "StrTime", "Type", "StrContent", "IsSender", "NickName", "Remark", "Sender")
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

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (only some need to know)
        """The rooms, or else the files."""
        found = {key: Chat(key, key) for sheet in _sheets(source) for key in sheet.chats}
        if not found:
            raise nothing(source, self.title)
        return list(found.values())

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        """The rows of that chat in all files."""
        sheets = _sheets(source)
        known = Named(lambda: _everybody(sheets, chat, reading))
        for sheet in sheets:
            reader, place = Reader(chat, known), placed(source, sheet.name)
            for number, key, record in sheet.records(reading.zone):
                if record is None:
                    yield Skipped(Skip.UNREADABLE, place(number))
                elif key == chat:
                    yield from reader.entries(record, place(number))


@once
def _sheets(source: Source) -> "list[_Sheet]":
    """The files of this format."""
    return [_Sheet(source, name) for name, _alone in WeChatCsv().files(source)]


def _head(lines: Sequence[str]) -> list[str]:
    """What the columns are called."""
    return [cell.strip() for cell in cells(lines[0].lstrip("\ufeff"), delimiter_of(lines)) or []] if lines else []


class _Sheet:
    """One file: its columns and rows."""

    def __init__(self, source: Source, name: str) -> None:
        self.name = name
        self._source = source
        lines = beginning(source, name)
        self._delimiter, self._head = delimiter_of(lines), _head(lines)
        self._called = _PAGE.sub("", stem(name))
        self._is_traced = "StrContent" in self._head

    @cached_property
    def chats(self) -> list[str]:
        """The chats in it: the talkers where there are several, the rooms, or what the file is called."""
        column = "TalkerId" if self._is_traced else "room_name"
        if column not in self._head:
            return [self._called] if any(row for _number, row in self._rows()) else []
        at = self._head.index(column)
        found = dict.fromkeys(row[at] for _number, row in self._rows() if row)
        if self._is_traced:
            return [f"{self._called}/{talker}" for talker in found] if len(found) > 1 else [self._called] * len(found)
        return list(dict.fromkeys(room.strip() or self._called for room in found))

    def records(self, zone: tzinfo) -> Iterator[tuple[int, str, Record | None]]:
        """Each row's line, its chat, and what it says; None where it cannot be read."""
        if self._is_traced:
            yield from self._traced(zone)
            return
        names = users(self._source)
        for number, row in self._rows():
            if row is None:
                yield number, "", None
            else:
                values = dict(zip(self._head, row, strict=False))
                yield number, *dumped(values, self._called, zone, names)

    def _rows(self) -> Iterator[tuple[int, list[str] | None]]:
        """The rows that are wide enough."""
        rows, width = records(self._source, self.name, self._delimiter), len(self._head)
        next(rows, None)
        return ((number, row if row is not None and len(row) >= width else None) for number, row in rows)

    def _traced(self, zone: tzinfo) -> Iterator[tuple[int, str, Record | None]]:
        """The rows of MemoTrace; names and ids may stand behind the last column that has a name."""
        width = len(self._head)
        at = {column: place for place, column in enumerate(self._head)}
        beyond = at | {column: width + place for place, column in enumerate(_LAST)}
        several = "TalkerId" in at and len(self.chats) > 1
        usual, wide = _picking(at), _picking(beyond)
        for number, row in self._rows():
            if row is None:
                yield number, "", None
                continue
            key = f"{self._called}/{row[at['TalkerId']]}" if several else self._called
            picked = wide if len(row) >= width + len(_LAST) else usual
            row.append("")
            yield number, key, _record(picked(row), zone)


def _picking(at: Mapping[str, int]) -> Callable[[Sequence[str]], Sequence[str]]:
    """Picks what `_record` needs from a row behind whose last value an empty one stands."""
    return itemgetter(*(at.get(column, -1) for column in _NEEDED))


def _record(values: Sequence[str], zone: tzinfo) -> Record:
    """A row of MemoTrace."""
    created, written, kind, text, is_sender, nick, remark, sender = values
    moment = parsed(created.strip(), zone) or parsed(written.strip(), zone)
    name = nick.strip() or remark.strip() or (SELF if is_sender.strip() == "1" else "")
    return Record(moment, sender.strip(), name, kind, text)


def _everybody(sheets: Sequence[_Sheet], chat: str, reading: Reading) -> Iterator[tuple[str, str]]:
    """Names and ids of all who speak."""
    for sheet in sheets:
        for _number, key, record in sheet.records(reading.zone):
            if record and key == chat:
                yield record.name, record.who
