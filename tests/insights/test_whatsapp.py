"""WhatsApp in the habits of several countries; the order of a date's numbers is told by the whole file."""

import json
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunce.chat.types import MemberJoined, MemberLeft, MessageReceived
from qunce.insights.importer import Source, importers, recognised
from qunce.insights.importers._dates import DateOrder, Order, hour_of, on
from qunce.insights.types import Reading, Skipped

PHONES = Path(__file__).parents[3] / "shared/data/fixtures-chat-miner/test/whatsapp"
FILES = sorted(PHONES.glob("*.txt"))


def read(path, zone=UTC):
    importer, source, reading = importers["whatsapp"](), Source(path), Reading(zone=zone)
    (chat,) = importer.chats(source, reading)
    return list(importer.read(source, chat.key, reading))


def written(folder, text, name="chat.txt"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.skipif(not FILES, reason="needs the exports beside the repository (../shared/data)")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_reads_the_phones_of_five_countries(path):
    awaited = json.loads((PHONES / "target.json").read_text(encoding="utf-8"))
    assert recognised(Source(path))[0] == "whatsapp"
    said = [entry for entry in read(path) if isinstance(entry, MessageReceived)]
    assert [
        {
            "timestamp": entry.sent_at.replace(tzinfo=None).isoformat(),
            "author": entry.sender.name,
            "message": entry.text.replace("\n", " "),
        }
        for entry in reversed(said)
    ] == awaited


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("[13/03/21, 09:05:07] Ann: hi", (2021, 3, 13, 9, 5, 7)),
        ("13/03/2021, 21:05 - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("3/13/21, 9:05 PM - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("3/13/21, 9:05\u202fPM - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("2021/03/13 21:05 - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("13.03.21, 21:05 - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("[2021/3/13 下午9:05:07] Ann: hi", (2021, 3, 13, 21, 5, 7)),
        ("2021. 3. 13. 오후 9:05 - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("2021/03/13 午後9:05 - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("13/3/2021, 9:05 p. m. - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("13/3/2021, 9:05 p.\u00a0m. - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("13/03/2021 à 21:05 - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("\ufeff\u200e[13.03.21, 21:05:00] Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("2021-03-13 21.05 - Ann: hi", (2021, 3, 13, 21, 5, 0)),
        ("13-03-2021 21:05 - Ann: hi", (2021, 3, 13, 21, 5, 0)),
    ],
)
def test_reads_every_shape_of_a_stamp(line, at, tmp_path):
    (entry,) = read(written(tmp_path, f"{line}\n"))
    assert (entry.sender.name, entry.text) == ("Ann", "hi")
    assert entry.sent_at == datetime(*at, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "kind", "names"),
    [
        ("Ann added Bo, Cem and Dee", MemberJoined, ["Bo", "Cem", "Dee"]),
        ("Bo was added", MemberJoined, ["Bo"]),
        ("Bo joined from the community", MemberJoined, ["Bo"]),
        ("Bo left", MemberLeft, ["Bo"]),
        ("Ann removed Bo", MemberLeft, ["Bo"]),
        ("Ana añadió a Bo", MemberJoined, ["Bo"]),
        ("Bo salió del grupo", MemberLeft, ["Bo"]),
        ("Ana adicionou Bo", MemberJoined, ["Bo"]),
        ("Bo saiu", MemberLeft, ["Bo"]),
        ("Bo a quitté le groupe", MemberLeft, ["Bo"]),
        ("老王添加了小明和小红", MemberJoined, ["小明", "小红"]),
        ("小明使用此群组的邀请链接加入了群组", MemberJoined, ["小明"]),
        ("小明加入了群组", MemberJoined, ["小明"]),
        ("小明退出了群组", MemberLeft, ["小明"]),
        ("老王移除了小明", MemberLeft, ["小明"]),
    ],
)
def test_reads_who_came_and_went(told, kind, names, tmp_path):
    entries = read(written(tmp_path, f"13/03/21, 10:00 - Ann: hi\n13/03/21, 10:05 - {told}\n"))[1:]
    assert [(type(entry), entry.member.name) for entry in entries] == [(kind, name) for name in names]


@pytest.mark.parametrize(
    "told", ["You left", "You were added", "Ann changed this group's icon", "Your security code changed"]
)
def test_passes_over_what_names_nobody(told, tmp_path):
    (_said, entry) = read(written(tmp_path, f"13/03/21, 10:00 - Ann: hi\n13/03/21, 10:05 - {told}\n"))
    assert isinstance(entry, Skipped)


@pytest.mark.parametrize(
    ("folder", "name"),
    [("WhatsApp Chat - Lamps", "Lamps"), ("WhatsApp Chat with Lamps", "Lamps"), ("somewhere", "somewhere")],
)
def test_a_chat_in_a_folder_is_called_after_it(folder, name, tmp_path):
    (tmp_path / folder).mkdir()
    written(tmp_path / folder, "13/03/21, 10:00 - Ann: hi\n", "_chat.txt")
    (chat,) = importers["whatsapp"]().chats(Source(tmp_path / folder), Reading())
    assert chat.name == name


def test_several_chats_in_one_folder_are_several_chats(tmp_path):
    written(tmp_path, "13/03/21, 10:00 - Ann: hi\n", "WhatsApp Chat with Ann.txt")
    written(tmp_path, "13/03/21, 10:00 - Bo: hi\n", "WhatsApp Chat with Bo.txt")
    importer, source = importers["whatsapp"](), Source(tmp_path)
    assert [chat.key for chat in importer.chats(source, Reading())] == ["Ann", "Bo"]
    (entry,) = importer.read(source, "Bo", Reading())
    assert entry.sender.name == "Bo"


def test_of_two_halves_that_overlap_the_same_is_the_same(tmp_path):
    lines = [f"13/03/21, 10:{minute // 3:02} - Ann: {minute // 2}\n" for minute in range(30)]
    first = read(written(tmp_path, "".join(lines[:20])))
    second = read(written(tmp_path, "".join(lines[6:])))
    ids = {entry.external_id for entry in first + second}
    assert len(ids) == 30


@given(
    st.lists(st.dates(date(2010, 1, 1), date(2035, 12, 31)), min_size=1, max_size=40),
    st.sampled_from(list(Order)),
    st.booleans(),
)
def test_dates_in_order_are_understood_where_they_can_be(days, order, short):
    """What is read is never less in order, nor longer, than what was meant."""
    days.sort()
    dates, written_days = DateOrder(), []
    for day in days:
        numbers = [0, 0, 0]
        for place, number in zip(
            order.value, (day.year % 100 if short else day.year, day.month, day.day), strict=True
        ):
            numbers[place] = number
        written_days.append(tuple(numbers))
        dates.see(tuple(numbers))
    read_days = [on(numbers, dates.order) for numbers in written_days]
    assert None not in read_days
    assert all(one <= other for one, other in pairwise(read_days))
    assert (read_days[-1] - read_days[0]) <= (days[-1] - days[0])
    if not short and (order is Order.YMD or any(day.day > 12 for day in days)):
        assert read_days == days


@pytest.mark.parametrize(
    ("hour", "mark", "meant"),
    [(12, "AM", 0), (12, "PM", 12), (1, "p. m.", 13), (0, "a. m.", 0), (13, "PM", 13), (12, "中午", 12), (1, "中午", 13),
     (11, "中午", 11), (9, "晚上", 21), (3, "凌晨", 3), (9, None, 9)],
)  # fmt: skip
def test_hours_of_half_days(hour, mark, meant):
    assert hour_of(hour, mark) == meant
