"""Histories as text and tables: whatever was said comes back, once, as it was said."""

import csv
import json
import string
import tempfile
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from qunce.chat.types import MessageReceived
from qunce.insights.importer import Source, importers, recognised
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._tables import guessed
from qunce.insights.types import Reading, Skip, Skipped

SLICES = Path(__file__).parents[3] / "shared/data/irc-ubuntu-reply-links"
BEGUN = datetime(2021, 3, 13, 21, 5, tzinfo=UTC)

names = st.text(string.ascii_letters + "小明王红_-", min_size=1, max_size=12).filter(lambda name: name.strip("-_ ~"))
words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
texts = st.lists(words.map(lambda word: "a" + word), min_size=1, max_size=6).map(" ".join)
histories = st.lists(st.tuples(st.integers(0, 90), names, texts), min_size=1, max_size=30)


def moments(history):
    at = BEGUN
    for seconds, name, text in history:
        at += timedelta(seconds=seconds)
        yield at, name, text


def whatsapp(history):
    return "13/03/21, 21:05 - Messages and calls are end-to-end encrypted.\n" + "".join(
        f"{at:%d/%m/%y, %H:%M} - {name}: {text}\n" for at, name, text in moments(history)
    )


def gitter(history):
    return "".join(f"[{at:%Y-%m-%d %H:%M:%S}] <{name}> {text}\n" for at, name, text in moments(history))


def weechat(history):
    return "".join(f"{at:%Y-%m-%d %H:%M:%S}\t{name}\t{text}\n" for at, name, text in moments(history))


def irssi(history):
    day, lines = None, ["--- Log opened Sat Mar 13 21:05:00 2021\n"]
    for at, name, text in moments(history):
        if day not in {None, at.date()}:
            lines.append(f"--- Day changed {at:%a %b %d %Y}\n")
        day = at.date()
        lines.append(f"{at:%H:%M} <@{name}> {text}\n")
    return "".join(lines)


def qq(history):
    begun = "消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息对象:灯友会\n\n"
    return begun + "".join(
        f"{at:%Y-%m-%d %H:%M:%S} {name}({10000 + sum(name.encode())})\n{text}\n\n"
        for at, name, text in moments(history)
    )


WAYS = {"whatsapp": whatsapp, "gitter": gitter, "irc": weechat, "irssi": irssi, "qq_txt": qq}


def read(key, path, reading=None):
    importer, source, reading = importers[key](), Source(path), reading or Reading()
    return [entry for chat in importer.chats(source, reading) for entry in importer.read(source, chat.key, reading)]


@pytest.mark.parametrize("way", WAYS)
@limits(max_examples=60)
@given(histories)
def test_what_was_said_comes_back(way, history):
    key = "irc" if way == "irssi" else way
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.txt"
        path.write_text(WAYS[way](history), encoding="utf-8")
        assert recognised(Source(path))[0] == key
        entries = [entry for entry in read(key, path) if isinstance(entry, MessageReceived)]
    minutes = way in {"whatsapp", "irssi"}
    awaited = [
        (at.replace(second=0) if minutes else at, name if key != "qq_txt" else str(10000 + sum(name.encode())), text)
        for at, name, text in moments(history)
    ]
    assert [(entry.sent_at, entry.sender.external_id, entry.text) for entry in entries] == awaited
    assert len({(entry.external_id, entry.sent_at) for entry in entries}) == len(entries)


@limits(max_examples=60)
@given(histories, st.sampled_from([",", ";", "\t"]), st.booleans())
def test_what_was_said_comes_back_from_tables(history, between, american):
    shape = "%m/%d/%Y %I:%M:%S %p" if american else "%Y-%m-%d %H:%M:%S"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, delimiter=between)
            table.writerow(["time", "sender", "text"])
            table.writerows(
                [at.strftime(shape), name, text.replace(" ", "\n")] for at, name, text in moments(history)
            )
        entries = read("csv", path)
        lines = Path(folder) / "history.jsonl"
        lines.write_text(
            "".join(
                json.dumps({"ts": at.timestamp(), "user": name, "message": text}) + "\n"
                for at, name, text in moments(history)
            )
        )
        others = read("jsonl", lines)
    said = [(entry.sent_at, entry.sender.name, entry.text.replace("\n", " ")) for entry in entries]
    assert Counter(said) == Counter(moments(history))
    assert [(entry.sent_at, entry.sender.name, entry.text) for entry in others] == list(moments(history))


@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(0, 12))
def test_ids_of_a_later_export_are_those_of_the_first(said, cut):
    """Whole minutes may be cut off in front; what is left keeps its ids."""
    whole, rest = Ids(), Ids()
    spoken = [(BEGUN + timedelta(minutes=number // 3), text) for number, text in enumerate(said)]
    first = [whole.of(at, "ann", text) for at, text in spoken]
    later = [rest.of(at, "ann", text) for at, text in spoken[cut // 3 * 3 :]]
    assert first[cut // 3 * 3 :] == later
    assert len(set(first)) == len(first)


@pytest.mark.skipif(not SLICES.is_dir(), reason="needs the real logs beside the repository (../shared/data)")
@pytest.mark.parametrize("path", sorted(SLICES.glob("*.raw.txt")), ids=lambda path: path.stem)
def test_reads_slices_of_a_real_channel(path):
    assert recognised(Source(path))[0] == "irc"
    entries = read("irc", path)
    lines = [line for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if line.strip()]
    assert len(entries) == len(lines)
    unreadable = [entry for entry in entries if isinstance(entry, Skipped) and entry.reason is Skip.UNREADABLE]
    assert len(unreadable) <= len(lines) * 0.02, unreadable[:5]
    assert f"{entries[0].sent_at:%Y-%m-%d}" == path.name[:10]


def test_a_log_without_any_day_asks_for_it(tmp_path):
    path = tmp_path / "lamps.log"
    path.write_text("23:59 <ann> one\n00:01 <ann> two\n")
    importer, source = importers["irc"](), Source(path)
    with pytest.raises(ValueError, match="Put its first day into the file's name"):
        importer.chats(source, Reading())
    zone = ZoneInfo("Asia/Shanghai")
    one, two = read("irc", path, Reading(zone=zone, day=datetime(2021, 3, 13, tzinfo=zone)))
    assert (one.sent_at.day, two.sent_at.day) == (13, 14)


def test_a_table_with_other_columns_asks_for_them(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("wann,wer,was\n2021-03-13 10:00:00,Anke,Hallo\n")
    importer, source = importers["csv"](), Source(path)
    with pytest.raises(ValueError, match="there are: wann, wer, was"):
        importer.chats(source, Reading())
    with pytest.raises(ValueError, match="no column called wo"):
        importer.chats(source, Reading(columns={"sent_at": "wo"}))
    assert importer.columns(source) == {"wann": "", "wer": "", "was": ""}


def test_columns_are_known_by_their_names():
    assert guessed(["Date", "Time", "From", "Message"]) == {
        "sent_at": "Date + Time", "sender": "From", "text": "Message",
    }  # fmt: skip
    assert guessed(["序号", "发送时间", "昵称", "QQ号", "消息内容", "群名"]) == {
        "sent_at": "发送时间", "sender": "昵称", "sender_id": "QQ号", "text": "消息内容", "chat": "群名",
    }  # fmt: skip


def test_ids_that_only_count_rows_are_not_taken(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,time,sender,text\n" + "".join(f"{n},2021-03-13 10:00:0{n},ann,{n}\n" for n in range(1, 5)))
    later = tmp_path / "later.csv"
    later.write_text(
        "id,time,sender,text\n" + "".join(f"{n - 2},2021-03-13 10:00:0{n},ann,{n}\n" for n in range(3, 5))
    )
    assert [entry.external_id for entry in read("csv", path)][2:] == [
        entry.external_id for entry in read("csv", later)
    ]


def test_a_zip_with_a_password_says_so(tmp_path):
    path = tmp_path / "locked.zip"
    plain = bytearray(b"PK\x03\x04\x14\x00\x01\x00" + bytes(18) + b"\x01\x00\x00\x00" + b"a")
    entry = bytearray(b"PK\x01\x02\x14\x00\x14\x00\x01\x00" + bytes(18) + b"\x01\x00" + bytes(16) + b"a")
    end = b"PK\x05\x06" + bytes(4) + b"\x01\x00\x01\x00" + len(entry).to_bytes(4, "little")
    path.write_bytes(plain + entry + end + len(plain).to_bytes(4, "little") + b"\x00\x00")
    with pytest.raises(ValueError, match="locked with a password"):
        Source(path)


def test_a_zip_that_claims_more_than_it_can_hold_is_not_opened(tmp_path):
    path = tmp_path / "two gigabytes.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("result.json", '{"messages": []}' * 100)
    said = bytearray(path.read_bytes())
    entry = said.index(b"PK\x01\x02")
    said[entry + 24 : entry + 28] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(said)
    with pytest.raises(ValueError, match="far more than such a file can"):
        Source(path)


def test_pictures_beside_a_history_are_not_looked_into(tmp_path, monkeypatch):
    (tmp_path / "_chat.txt").write_text("13/03/21, 21:05 - Ann: hello\n")
    for number in range(20):
        (tmp_path / f"{number}-PHOTO.jpg").write_bytes(b"13/03/21, 21:05 - Ann: hello\n")
    opened = []
    monkeypatch.setattr(Source, "open", lambda self, name: (opened.append(name), self._file(name).open("rb"))[1])
    assert importers["whatsapp"]().recognises(Source(tmp_path))
    assert set(opened) == {"_chat.txt"}


def test_a_damaged_zip_says_so(tmp_path):
    path = tmp_path / "history.zip"
    lines = "".join(f"13/03/21, 21:05 - Ann: {number} {hash(number)}\n" for number in range(5000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("chat.txt", lines)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"chat\.txt is not complete, or damaged"):
        read("whatsapp", path)
