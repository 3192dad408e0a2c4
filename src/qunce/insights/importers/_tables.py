"""Tables: which column holds what, and what a row says. Shared by the formats that are tables."""

import csv
import re
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import cached_property
from itertools import islice

from qunce.chat.connector import gettext_noop
from qunce.chat.types import MessageReceived, Sender
from qunce.insights.importer import Source, Unreadable
from qunce.insights.importers._dates import DATE, TIME, DateOrder, Order, Stamps, moment, on, parsed
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._logs import Texts, nothing, placed
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

ROLES = {
    "sent_at": (
        "sent_at timestamp datetime date_time time date created_at createdat create_time createtime sent_time ts when"
        " 时间 发送时间 消息时间 日期时间 创建时间 发送日期 聊天时间 發送時間 時間 日期"
    ),
    "sender": (
        "sender sender_name sendername from_name from author author_name user_name username user nick nickname"
        " display_name speaker name 发送人 发送者 发言人 发送人昵称 发送者昵称 群昵称 昵称 用户名 用户 姓名 成员 作者"
        " 发言者 说话人 发信人"
        " 發送者 發送人 暱稱"
    ),
    "text": "text message content body msg message_text 内容 消息内容 聊天内容 发言内容 消息 正文 文本"
        " 聊天文字 聊天记录 发言 訊息 內容",
    "sender_id": (
        "sender_id senderid user_id userid author_id authorid from_id uid uin qq wxid 用户id 发送者id 发送人id"
        " qq号 微信号 账号 帐号"
    ),
    "id": "message_id messageid msg_id msgid event_id uuid id 消息id",
    "reply_to": "reply_to reply_to_id replyto in_reply_to reply_to_message_id parent_id 回复 回复id 引用",
    "chat": "chat chat_name group group_name channel channel_name room room_name 群 群名 群名称 群聊 频道",
}  # fmt: skip
"""What columns are called, the surer names first."""
PLUS = " + "
"""Between the columns of a date and a time."""
_DATES, _TIMES = ("date", "日期"), ("time", "时间", "時間")
_KNOWN = {role: names.split() for role, names in ROLES.items()}
_WRITTEN = re.compile(rf"{DATE}(?:,|T|\s)\s*{TIME}", re.IGNORECASE)
_USUAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}").fullmatch
_PLAIN = re.compile(r"\d{4}-|\d{9,}")
"""Times that need no second look."""
_AT_ONCE = 500
_TALLEST = 500
"""Lines of one record; a quotation mark that is still open then is a mistake."""
_FIRST = 3
"""Rows that show whether ids are mere numbers of rows."""
csv.field_size_limit(1 << 28)


def guessed(columns: Sequence[str]) -> dict[str, str]:
    """Which of the columns holds what, by their names."""
    plain = {re.sub(r"[\s\-.]+", "_", column.strip().lower()): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for role, names in _KNOWN.items():
        taken = set(found.values())
        for name in names:
            if name in plain and plain[name] not in taken:
                found[role] = plain[name]
                break
    day = next((plain[name] for name in _DATES if name in plain), None)
    clock = next((plain[name] for name in _TIMES if name in plain), None)
    if day and clock:
        found["sent_at"] = f"{day}{PLUS}{clock}"
    return found


def is_history(columns: Mapping[str, str]) -> bool:
    """Whether these are enough to read messages from."""
    return "sent_at" in columns and "text" in columns and ("sender" in columns or "sender_id" in columns)


def chosen(columns: Sequence[str], wanted: Mapping[str, str], name: str) -> dict[str, str]:
    """What is wanted, and for the rest what the names say. Raises Unreadable where that is not enough."""
    absent = [column for each in wanted.values() for column in each.split(PLUS) if column and column not in columns]
    if absent:
        raise Unreadable(
            gettext_noop("%(file)s has no column called %(column)s."),
            gettext_noop("Say once more which column holds what."),
            file=name,
            column=absent[0],
        )
    found = {role: column for role, column in (guessed(columns) | dict(wanted)).items() if column}
    if not is_history(found):
        there = ", ".join(columns[:20])
        raise Unreadable(
            gettext_noop("It is not plain which columns of %(file)s hold the time, the sender and the text."),
            gettext_noop("Say which they are; there are: %(columns)s."),
            file=name,
            columns=there,
        )
    return found


# ------------------------------------------------------------------ rows
def delimiter_of(lines: Sequence[str]) -> str:
    """What stands between the columns."""
    first = re.sub(r'"[^"]*"', "", lines[0]) if lines else ""
    return max(",\t;|", key=first.count)


def records(source: Source, name: str, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """The rows of a table, each with the number of its first line; None where a quotation is never closed."""
    again: deque[tuple[int, str]] = deque()
    lines = enumerate(source.lines(name), 1)
    closed: list[tuple[int, str]] = []
    held: list[tuple[int, str]] = []
    is_open = False
    while True:
        number, line = again.popleft() if again else next(lines, (0, None))
        if line is not None and not held and line.count('"') % 2 == 0:
            closed.append((number, line))
            if len(closed) == _AT_ONCE:
                yield from _rows(closed, delimiter)
                closed.clear()
            continue
        if closed:
            yield from _rows(closed, delimiter)
            closed.clear()
        if line is not None:
            held.append((number, line))
            is_open ^= line.count('"') % 2 == 1
        if held and not is_open:
            yield held[0][0], cells("\n".join(text for _number, text in held), delimiter)
            held = []
        elif held and (line is None or len(held) > _TALLEST):
            yield held[0][0], None
            again.extendleft(reversed(held[1:]))
            held, is_open = [], False
        elif line is None:
            return


def _rows(closed: Sequence[tuple[int, str]], delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """The rows in lines in which every quotation is closed: parsed together, one by one where that goes wrong."""
    rows: Sequence[list[str] | None]
    try:
        rows = list(csv.reader([line for _number, line in closed], delimiter=delimiter))
    except csv.Error:
        rows = ()
    if len(rows) != len(closed):
        rows = [cells(line, delimiter) for _number, line in closed]
    for (number, line), row in zip(closed, rows, strict=True):
        if line.strip():
            yield number, row


def cells(record: str, delimiter: str) -> list[str] | None:
    """The values of one row."""
    try:
        return next(csv.reader([record], delimiter=delimiter))
    except (csv.Error, StopIteration):
        return None


# ------------------------------------------------------------------ what rows say
class Times:
    """Reads the times of a column, in whatever way they are written.

    ``every``: all of them, asked for once where it is not plain in which order the numbers of a date stand.
    """

    def __init__(self, zone: tzinfo, every: Callable[[], Iterable[str]]) -> None:
        self._zone, self._every, self._stamps = zone, every, Stamps(zone)

    def at(self, text: str) -> datetime | None:
        """The moment; None where it is none."""
        text = text.strip()
        if _USUAL(text):
            return self._stamps.at(text[:10], text[11:])
        if at := parsed(text, self._zone):
            return at
        found = _WRITTEN.fullmatch(text)
        if not found:
            return None
        first, second, third, *clock = found.groups()
        day = on((int(first), int(second), int(third)), self._order)
        return moment(day, tuple(clock), self._zone) if day else None

    @cached_property
    def _order(self) -> Order:
        dates, before = DateOrder(), ""
        for text in self._every():
            if text != before and not _PLAIN.match(text) and (found := _WRITTEN.fullmatch(text)):
                half = found[8] or "."
                numbers = (int(found[1]), int(found[2]), int(found[3]))
                dates.see(numbers, american=half.isascii() and "." not in half)
            before = text
        return dates.order


class Table(Texts):
    """A format of rows with named values."""

    platform = "table"
    by_name = True
    local_time = True
    coarse = True
    generic = True

    @abstractmethod
    def head(self, source: Source, name: str) -> list[str]:
        """What the columns of a file are called."""

    @abstractmethod
    def rows(self, source: Source, name: str, columns: Sequence[str]) -> Iterator[tuple[int, Sequence[str] | None]]:
        """The rows, their values in the order of ``columns``, with their lines' numbers; None: it cannot be read."""

    def columns(self, source: Source) -> Mapping[str, str]:
        """The columns of the first table."""
        head = next((self.head(source, name) for name, _chat in self.files(source)), [])
        held = {column: role for role, named in guessed(head).items() for column in named.split(PLUS)}
        return {column: held.get(column, "") for column in head}

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:
        """Those that a column names, else one for each file."""
        found: dict[str, Chat] = {}
        for name, alone in self.files(source):
            roles = chosen(self.head(source, name), reading.columns, name)
            if "chat" not in roles:
                found[alone.key] = alone
                continue
            for called in self._column(source, name, roles["chat"]):
                if called and called not in found:
                    found[called] = Chat(called, called)
        if not found:
            raise nothing(source, self.title)
        return list(found.values())

    def _column(self, source: Source, name: str, column: str) -> Iterator[str]:
        """The values of one column."""
        return (values[0].strip() for _number, values in self.rows(source, name, [column]) if values)

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        """The rows of that chat in all files."""
        for name, alone in self.files(source):
            if alone.key == chat or "chat" in chosen(self.head(source, name), reading.columns, name):
                yield from self.lines(source, name, chat, reading)

    def lines(self, source: Source, name: str, chat: str, reading: Reading) -> Iterator[Entry]:
        """The rows of that chat in one file."""
        roles = chosen(self.head(source, name), reading.columns, name)
        times = Times(reading.zone, lambda: self._column(source, name, roles["sent_at"]))
        first = list(islice(self._column(source, name, roles["id"]), _FIRST)) if "id" in roles else []
        place = placed(source, name)
        rows = _Rows(chat, times, list(roles), numbered=_counts(first))
        at = list(roles).index("chat") if "chat" in roles else None
        for number, values in self.rows(source, name, list(roles.values())):
            if values is None:
                yield Skipped(Skip.UNREADABLE, place(number))
            elif at is None or values[at].strip() == chat:
                yield rows.entry(values, place, number)


class _Rows:
    """Makes entries of rows, whose values come in the order of ``roles``."""

    def __init__(self, chat: str, times: Times, roles: Sequence[str], *, numbered: bool) -> None:
        """``numbered``: ids only count the rows, so they say nothing."""
        self._chat, self._times = chat, times
        self._ids, self._people = Ids(), dict[tuple[str, str], Sender]()
        at = {role: place for place, role in enumerate(roles)}
        self._sent_at, self._text, self._reply = at["sent_at"], at["text"], at.get("reply_to")
        self._name, self._who = at.get("sender"), at.get("sender_id")
        self._id = None if numbered else at.get("id")

    def entry(self, values: Sequence[str], place: Callable[[int], str], number: int) -> Entry:
        """What one row says."""
        at = self._times.at(values[self._sent_at])
        name = "" if self._name is None else values[self._name].strip()
        who = "" if self._who is None else values[self._who].strip()
        if at is None or not (name or who):
            return Skipped(Skip.UNREADABLE, place(number), " ".join(values)[:80])
        text = values[self._text].strip()
        if not text.strip("\ufffd"):
            return Skipped(Skip.EMPTY, place(number))
        who = who or name
        sender = self._people.get((who, name))
        if sender is None:
            sender = self._people[who, name] = Sender(who, name or who)
        known = "" if self._id is None else values[self._id].strip()
        reply = None if self._reply is None else values[self._reply].strip() or None
        return MessageReceived(self._chat, known or self._ids.of(at, who, text), at, sender, text, None, reply)


def _counts(first: Sequence[str]) -> bool:
    """Whether the first ids only say which row it is: such a number is another one in the next export."""
    return list(first) in ([str(number + begun) for number in range(len(first))] for begun in (0, 1))
