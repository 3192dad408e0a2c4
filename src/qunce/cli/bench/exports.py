"""How many messages a second each importer reads, beside the fastest thing that takes such a file apart.

Processor time, in turns: other programs on the machine do not count. What stands beside knows nothing of messages; it
says what the format itself costs: the standard library's parser for JSON, CSV and mail, one pattern for text lines.
"""

import csv
import json
import re
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from qunce.chat.types import MessageReceived
from qunce.insights.importer import Source
from qunce.insights.selectors import histories
from qunce.insights.types import Options

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
ZONE = "UTC"


class Said(NamedTuple):
    """A message as exports tell it."""

    number: int
    at: datetime
    who: int
    text: str

    @property
    def name(self) -> str:
        return f"成员{self.who}"


def said(messages: int, members: int) -> Iterator[Said]:
    """The same history each time: two in three go on within minutes, some say the same as others."""
    at = BEGIN
    for number in range(messages):
        at += timedelta(seconds=(2, 7, 60)[number % 3])
        short = ("好的", "收到, thanks", "+1")[number % 3]
        text = short if number % 5 == 0 else f"第 {number} 条: 今天读第三章, 晚上八点一起讨论, see you there"
        yield Said(number, at, number * 7919 % members, text)


# ------------------------------------------------------------------ as programs write it
def _lines(path: Path, lines: Iterator[str], head: str = "") -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(head)
        file.writelines(lines)


def _json(path: Path, around: dict[str, Any], records: Iterator[dict[str, Any]], key: str = "messages") -> None:
    """One object with the messages at its end; or they alone, where nothing is around them."""
    written = json.dumps({**around, key: []}, ensure_ascii=False, indent=1) if around else "[]"
    before, after = written.rsplit("[]", 1)
    with path.open("w", encoding="utf-8") as file:
        for number, record in enumerate(records):
            file.write(f"{',' if number else before + '['}\n{json.dumps(record, ensure_ascii=False, indent=1)}")
        file.write(f"]{after}")


def _telegram(path: Path, history: Iterator[Said]) -> None:
    records = (
        {
            "id": each.number + 1,
            "type": "message",
            "date": f"{each.at:%Y-%m-%dT%H:%M:%S}",
            "date_unixtime": str(int(each.at.timestamp())),
            "from": each.name,
            "from_id": f"user{each.who}",
            "text": each.text,
            "text_entities": [{"type": "plain", "text": each.text}],
        }
        for each in history
    )
    _json(path, {"name": "读书会", "type": "public_supergroup", "id": 1234567890}, records)


def _discord_json(path: Path, history: Iterator[Said]) -> None:
    records: Iterator[dict[str, Any]] = (
        {
            "id": str(10**17 + each.number),
            "type": "Default",
            "timestamp": f"{each.at:%Y-%m-%dT%H:%M:%S}.123+00:00",
            "timestampEdited": None,
            "isPinned": False,
            "content": each.text,
            "author": {"id": str(8 * 10**16 + each.who), "name": each.name, "nickname": each.name, "isBot": False},
            "attachments": [],
            "embeds": [],
            "stickers": [],
            "reactions": [],
            "mentions": [],
        }
        for each in history
    )
    around = {"guild": {"id": "41771983423143937"}, "channel": {"id": "41771983423143938", "name": "general"}}
    _json(path, around, records)


def _discord_csv(path: Path, history: Iterator[Said]) -> None:
    rows = (
        f'"{8 * 10**16 + each.who}","{each.name}","{each.at:%Y-%m-%dT%H:%M:%S}.1230000+00:00","{each.text}","",""\n'
        for each in history
    )
    _lines(path, rows, "AuthorID,Author,Date,Content,Attachments,Reactions\n")


def _slack(path: Path, history: Iterator[Said]) -> None:
    records: Iterator[dict[str, Any]] = (
        {
            "type": "message",
            "user": f"U{each.who}",
            "text": each.text,
            "ts": f"{each.at.timestamp():.0f}.{each.number % 10**6:06}",
        }
        for each in history
    )
    _json(path, {}, records)


def _matrix(path: Path, history: Iterator[Said]) -> None:
    records = (
        {
            "type": "m.room.message",
            "sender": f"@member{each.who}:example.org",
            "content": {"msgtype": "m.text", "body": each.text},
            "origin_server_ts": int(each.at.timestamp()) * 1000,
            "event_id": f"${each.number}",
            "room_id": "!room:example.org",
        }
        for each in history
    )
    _json(path, {"room_name": "茶馆", "export_date": "1/6/2024", "exported_by": "@ann:example.org"}, records)


def _zulip(path: Path, history: Iterator[Said]) -> None:
    records = (
        {
            "content": f"<p>{each.text}</p>",
            "id": each.number,
            "sender_full_name": each.name,
            "timestamp": int(each.at.timestamp()),
        }
        for each in history
    )
    _json(path, {}, records)


def _qq_json(path: Path, history: Iterator[Said]) -> None:
    records = (
        {
            "id": str(each.number),
            "timestamp": int(each.at.timestamp()) * 1000,
            "time": f"{each.at:%Y-%m-%dT%H:%M:%S}.000Z",
            "sender": {"uid": f"u_{each.who}", "uin": str(20_000 + each.who), "name": each.name},
            "type": "text",
            "content": {"text": each.text, "elements": [{"type": "text", "data": {"text": each.text}}]},
            "recalled": False,
            "system": False,
        }
        for each in history
    )
    _json(path, {"metadata": {"version": "5.0.0"}, "chatInfo": {"name": "灯友会", "type": "group"}}, records)


def _wechat_json(path: Path, history: Iterator[Said]) -> None:
    records = (
        {
            "localId": each.number,
            "createTime": int(each.at.timestamp()),
            "formattedTime": f"{each.at:%Y-%m-%d %H:%M:%S}",
            "type": "文本消息",
            "localType": 1,
            "content": each.text,
            "isSend": 0,
            "senderUsername": f"wxid_{each.who}",
            "senderDisplayName": each.name,
            "source": "",
        }
        for each in history
    )
    _json(
        path, {"weflow": {"version": "1.0.3"}, "session": {"wxid": "49807@chatroom", "nickname": "灯友会"}}, records
    )


def _wechat_csv(path: Path, history: Iterator[Said]) -> None:
    rows = (
        f'{each.number},3,1,0,0,{each.at.timestamp():.0f},2,"{each.text}",{each.at:%Y-%m-%d %H:%M:%S},'
        f",{each.name},wxid_{each.who}\n"
        for each in history
    )
    columns = "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\n"
    _lines(path, rows, columns)


def _csv(path: Path, history: Iterator[Said]) -> None:
    rows = (f'{each.at:%Y-%m-%d %H:%M:%S},{each.name},{each.who},"{each.text}"\n' for each in history)
    _lines(path, rows, "time,sender,user_id,text\n")


def _jsonl(path: Path, history: Iterator[Said]) -> None:
    records = (
        {"time": each.at.isoformat(), "sender": each.name, "user_id": each.who, "text": each.text} for each in history
    )
    _lines(path, (f"{json.dumps(record, ensure_ascii=False)}\n" for record in records))


def _whatsapp(path: Path, history: Iterator[Said]) -> None:
    _lines(path, (f"{each.at:%d.%m.%y, %H:%M} - {each.name}: {each.text}\n" for each in history))


def _qq_txt(path: Path, history: Iterator[Said]) -> None:
    ruler = "=" * 64
    head = f"消息记录（此消息记录为文本格式，不支持重新导入）\n\n{ruler}\n消息对象:灯友会\n{ruler}\n\n"
    rows = (f"{each.at:%Y-%m-%d %H:%M:%S} {each.name}({20_000 + each.who})\n{each.text}\n\n" for each in history)
    _lines(path, rows, head)


def _gitter(path: Path, history: Iterator[Said]) -> None:
    _lines(path, (f"[{each.at:%Y-%m-%d %H:%M:%S}] <{each.name}> {each.text}\n" for each in history))


def _irc(path: Path, history: Iterator[Said]) -> None:
    _lines(path, (f"{each.at:%Y-%m-%d %H:%M:%S} <@{each.name}> {each.text}\n" for each in history))


def _mbox(path: Path, history: Iterator[Said]) -> None:
    mails = (
        f"From member{each.who}@example.org {each.at:%a %b %d %H:%M:%S %Y}\n"
        f"Message-ID: <{each.number}@example.org>\nDate: {each.at:%a, %d %b %Y %H:%M:%S} +0000\n"
        f"From: Member {each.who} <member{each.who}@example.org>\nTo: dev@lists.example.org\nSubject: Re: plans\n"
        f'In-Reply-To: <1@example.org>\nContent-Type: text/plain; charset="utf-8"\n\n{each.text}\n\n'
        for each in history
    )
    _lines(path, mails)


# ------------------------------------------------------------------ the formats alone
def _whole_json(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))


def _json_lines(path: Path) -> None:
    with path.open(encoding="utf-8") as file:
        for line in file:
            json.loads(line)


def _rows(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        for _row in csv.reader(file):
            pass


def _matched(pattern: str) -> Callable[[Path], None]:
    """Each line of a text against what a message begins with."""
    begins = re.compile(pattern).match

    def take_apart(path: Path) -> None:
        with path.open(encoding="utf-8") as file:
            for line in file:
                begins(line)

    return take_apart


def _mails(path: Path) -> None:
    from email import message_from_string

    for mail in re.split(r"^From .*\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        message_from_string(mail)


_STAMP = r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)"
EXPORTS: dict[str, tuple[str, Callable[[Path, Iterator[Said]], None], Callable[[Path], None]]] = {
    "csv": ("history.csv", _csv, _rows),
    "discord_csv": ("Makers - general [41771983423143938].csv", _discord_csv, _rows),
    "discord_json": ("general.json", _discord_json, _whole_json),
    "gitter": ("room.txt", _gitter, _matched(rf"\[{_STAMP}\] <(.*?)> (.*)")),
    "irc": ("#lamps.log", _irc, _matched(rf"{_STAMP} <(.*?)> (.*)")),
    "jsonl": ("history.jsonl", _jsonl, _json_lines),
    "matrix": ("room.json", _matrix, _whole_json),
    "mbox": ("dev.mbox", _mbox, _mails),
    "qq_json": ("group.json", _qq_json, _whole_json),
    "qq_txt": ("灯友会.txt", _qq_txt, _matched(rf"{_STAMP} (.*)\((\d+)\)")),
    "slack": ("2024-01-01.json", _slack, _whole_json),
    "telegram": ("result.json", _telegram, _whole_json),
    "wechat_csv": ("灯友会.csv", _wechat_csv, _rows),
    "wechat_json": ("灯友会.json", _wechat_json, _whole_json),
    "whatsapp": ("Lamps.txt", _whatsapp, _matched(r"(\d\d)\.(\d\d)\.(\d\d), (\d\d):(\d\d) - (.*?): (.*)")),
    "zulip": ("topic.json", _zulip, _whole_json),
}  # fmt: skip
"""By importer: what a file is called, how it is written, and the fastest way to take it apart."""


def measure(*, folder: Path, messages: int, members: int, rounds: int) -> dict[str, dict[str, Any]]:
    """Messages a second of each importer and of what stands beside it, medians of turns. Asserts what was read."""
    return {key: _one(key, folder, messages, members, rounds) for key in sorted(EXPORTS)}


def _one(key: str, folder: Path, messages: int, members: int, rounds: int) -> dict[str, Any]:
    name, write, alone = EXPORTS[key]
    path = folder / key / name
    path.parent.mkdir()
    write(path, said(messages, members))
    read, apart = [], []
    for _round in range(rounds):
        read.append(_rate(messages, lambda: _read(path, key, messages)))
        apart.append(_rate(messages, lambda: alone(path)))
    path.unlink()
    return {
        "read_per_second": round(statistics.median(read)),
        "alone_per_second": round(statistics.median(apart)),
        "ratio": round(statistics.median(a / b for a, b in zip(read, apart, strict=True)), 2),
    }


def _read(path: Path, key: str, messages: int) -> None:
    source, reading = Source(path), histories.reading_of(Options(zone=ZONE))
    kind = histories.importer(key)
    chat = kind.chats(source, reading)[0].key
    count = sum(isinstance(entry, MessageReceived) for entry in kind.read(source, chat, reading))
    if count != messages:
        raise AssertionError(f"{count} messages of {key}, expected {messages}")


def _rate(messages: int, run: Callable[[], None]) -> float:
    start = time.process_time()
    run()
    return messages / (time.process_time() - start)
