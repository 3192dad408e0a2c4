"""What a digest is made of: every message is told or counted, lines rest on messages, on real chats and made ones."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from qunce.insights.policies import digests, replies, texts
from qunce.insights.policies.digests.beside import announces, urls
from qunce.insights.policies.naming import Names
from qunce.insights.types import Covered, DigestDocument, DigestLine, Facts, LeftOut, LineKind, Stretch
from tests.support.facts import SHANGHAI

DAY = date(2026, 11, 20)
HOUR = 3600
IRC = Path(__file__).parents[3] / "shared" / "data" / "irc-ubuntu-reply-links"


def chat(lines, *, bots=(), staff=(), answers=None, zone=SHANGHAI, days=1):
    """Facts of (second of the day, name, text): understood as those of any group."""
    begin = datetime(DAY.year, DAY.month, DAY.day, tzinfo=zone).timestamp()
    at = np.array([begin + second for second, *_ in lines], np.float64)
    names = sorted({name for _, name, _ in lines})
    person = np.array([names.index(name) for _, name, _ in lines], np.int32)
    said = [text for *_, text in lines]
    explicit = np.full(len(lines), -1, np.int32) if answers is None else np.array(answers, np.int32)
    parent = replies.infer(at, person, said, names, explicit)
    known = Names(names)
    first = np.full(len(names), np.inf)
    np.minimum.at(first, person, at)
    return Facts(
        group_id=1,
        zone=zone,
        stretch=Stretch(DAY, days),
        lead=int(np.searchsorted(at, begin)),
        at=at,
        day=((at - begin) // 86_400).astype(np.int32),
        person=person,
        parent=parent,
        inferred=(parent >= 0) & (explicit < 0),
        marks=np.array([texts.marks(text) for text in said], np.uint16),
        ours=np.zeros(len(lines), np.bool_),
        people=list(range(len(names))),
        names=names,
        is_bot=np.array([name in bots for name in names], np.bool_),
        is_staff=np.array([name in staff for name in names], np.bool_),
        first_at=first,
        joined_at=np.zeros(0),
        joined_person=np.zeros(0, np.int32),
        left_at=np.zeros(0),
        left_person=np.zeros(0, np.int32),
        ids=np.array([(place + 1).to_bytes(16, "big") for place in range(len(lines))], "V16"),
        addressed=np.array([known.addressed(text) for text in said], np.int32),
        texts=said,
    )


def quoted(facts, line):
    """The texts that a line shows."""
    at = {facts.key(index): index for index in range(facts.at.size)}
    return [facts.texts[at[key]] for key in line.keys[: line.quoted]]


BOOKS = (
    (8 * HOUR, "小助手", "【自动播报】早安，今天是星期五"),
    (8 * HOUR + 20, "李四", "早上好"),
    (8 * HOUR + 30, "王五", "[图片]"),
    (8 * HOUR + 60, "赵敏", "早安 ☀️"),
    (9 * HOUR, "张三", "周六的读书会在哪里办？图书馆还是咖啡馆？"),
    (9 * HOUR + 40, "李四", "读书会定在图书馆二楼，下午三点"),
    (9 * HOUR + 90, "王五", "图书馆二楼有投影，读书会可以放幻灯片"),
    (9 * HOUR + 150, "张三", "太好了，谢谢李四"),
    (11 * HOUR, "微商", "加微信 vx123 领优惠券，代理招募，限时特价，扫码进群 https://t.cn/abc"),
    (11 * HOUR + 5, "微商", "加微信 vx123 领优惠券，代理招募，限时特价，扫码进群 https://t.cn/abc"),
    (13 * HOUR, "赵敏", "跑步的装备清单整理好了 https://example.org/gear 新手可以照着买"),
    (13 * HOUR + 60, "Bob", "这份装备清单很实用，跑步鞋那段写得好"),
    (15 * HOUR, "群主", "通知：下周一开始报名跑步训练营，名额三十个"),
    (20 * HOUR, "Alice", "有人知道镜头发霉要怎么清洗吗？"),
    (22 * HOUR, "陈晨", "今晚的月亮很圆"),
)


def test_a_day_is_told_with_its_threads_questions_links_thanks_and_notices():
    facts = chat(BOOKS, bots=("小助手",), staff=("群主",))
    made = digests.digest(facts)
    threads = made.of(LineKind.THREAD)
    assert len(threads) == 2
    assert quoted(facts, threads[0])[0] == "周六的读书会在哪里办？图书馆还是咖啡馆？"
    assert "读书会定在图书馆二楼，下午三点" in quoted(facts, threads[0])
    assert {"读书会", "图书馆"} & set(threads[0].words)
    assert threads[0].messages == 4
    assert threads[0].people == 3
    (open_,) = made.of(LineKind.QUESTION)
    assert quoted(facts, open_) == ["有人知道镜头发霉要怎么清洗吗？"]
    (link,) = made.of(LineKind.LINK)
    assert link.url == "https://example.org/gear"
    (thanks,) = made.of(LineKind.THANKS)
    assert quoted(facts, thanks) == ["读书会定在图书馆二楼，下午三点"]
    (notice,) = made.of(LineKind.NOTICE)
    assert quoted(facts, notice)[0].startswith("通知：下周一")


def test_what_says_of_itself_that_it_announces_is_no_open_question():
    said = "【通知】下周三晚上八点线上分享，周岚讲怎样把读书笔记变成文章，请大家准时参加"
    facts = chat([(36_000, "群主", said), (40_000, "张三", said)], staff=("群主",))
    made = digests.digest(facts)
    (notice,), (asked,) = made.of(LineKind.NOTICE), made.of(LineKind.QUESTION)
    assert (notice.keys, asked.keys) == ([facts.key(0)], [facts.key(1)]), "of whom does not lead it is a question"


def test_what_is_left_out_is_counted_with_its_reason():
    said = digests.digest(chat(BOOKS, bots=("小助手",), staff=("群主",))).coverage
    assert said.messages == len(BOOKS)
    assert said.covered == 6
    assert said.left[LeftOut.MACHINE] == 1
    assert said.left[LeftOut.GREETING] == 2
    assert said.left[LeftOut.WORDLESS] == 1
    assert said.left[LeftOut.ADVERT] == 2
    assert said.covered + sum(said.left.values()) == said.messages
    assert said.hours[20] == (1, 0)
    assert len(said.hours) == 24


def test_nothing_of_machines_and_sellers_is_ever_a_line():
    facts = chat(BOOKS, bots=("小助手",), staff=("群主",))
    at = {facts.key(index): index for index in range(facts.at.size)}
    shown = {facts.names[facts.person[at[key]]] for line in digests.digest(facts).lines for key in line.keys}
    assert not shown & {"小助手", "微商"}


def test_little_says_little_and_nothing_says_nothing():
    assert digests.digest(chat(BOOKS[:0])) == DigestDocument()
    three = digests.digest(chat(BOOKS[1:4]))
    assert not three.lines
    assert three.coverage.covered == 0
    assert three.coverage.messages == 3
    assert not digests.shortened(three.lines, 5)


def test_answers_to_a_question_of_ours_are_one_thread_and_ours_is_not_quoted():
    lines = [
        (9 * HOUR, "小助手", "今日话题：你最近在读哪本书？"),
        (9 * HOUR + 400, "张三", "我在读三体第二部，黑暗森林很震撼"),
        (10 * HOUR, "李四", "百年孤独读到一半，人名太难记"),
        (11 * HOUR, "王五", "活着，读完难过了一整天"),
    ]
    facts = chat(lines, bots=("小助手",), answers=[-1, 0, 0, 0])
    (thread,) = digests.digest(facts).of(LineKind.THREAD)
    assert thread.messages == 3
    assert thread.people == 3
    assert "今日话题" not in "".join(quoted(facts, thread))


def test_an_answer_across_the_evening_keeps_its_thread_and_parts_of_the_day_have_their_line():
    morning = [
        (8 * HOUR + n * 20, f"人{n % 4}", f"前端框架的路由配置第{n}点，框架更新以后路由要重写") for n in range(40)
    ]
    noon = [(12 * HOUR + n * 20, f"人{n % 3}", f"前端组件库升级{n}，组件样式都要改") for n in range(30)]
    evening = [(21 * HOUR + n * 30, f"夜{n % 3}", f"摄影展的门票{n}张，摄影展周末开幕") for n in range(12)]
    facts = chat([*morning, *noon, *evening])
    made = digests.digest(facts)
    short = digests.shortened(made.lines, 2)
    assert any("摄影展" in line.words for line in short), "the evening is told also where two lines are all"
    assert made.coverage.hours[21][1] > 0


def test_a_question_asked_again_by_the_same_person_counts_once_as_it_was_last():
    asked, other = "镜头发霉要怎么清洗，有人知道吗？", "附近哪家咖啡馆适合读书？"
    lines = [(9 * HOUR, "Alice", asked), (12 * HOUR, "Bob", other), (15 * HOUR, "Alice", f"再问一次，{asked}")]
    facts = chat(lines)
    found = [quoted(facts, line)[0] for line in digests.digest(facts).of(LineKind.QUESTION)]
    assert found == [other, lines[2][2]]


def test_links_to_oneself_are_none_and_signs_around_them_are_left_out():
    assert urls("见 http://localhost:80/a 和 https://example.org/a?b=1。") == ["https://example.org/a?b=1"]
    assert urls("(http://192.168.1.2/x) http://0.0.0.0:8080") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("通知：明天起群里改到晚上分享", True),
        ("We have decided to move the call", True),
        ("哈哈哈太好笑了", False),
        ("I like this book", False),
    ],
)
def test_announcements_are_known_by_their_manner(text, said):
    assert announces(text) is said


WORDS = (
    "读书会",
    "图书馆",
    "跑步",
    "镜头",
    "docker",
    "network",
    "volume",
    "谢谢",
    "早上好",
    "?",
    "吗",
    "https://a.cn/x",
)
LINES = st.lists(
    st.tuples(
        st.integers(0, 86_399), st.sampled_from("ABCDE"), st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
    ),
    max_size=40,
)


@given(LINES)
@bounded(max_examples=20)
def test_every_message_is_in_one_place_and_the_same_day_is_told_the_same(lines):
    facts = chat(sorted(lines), bots=("E",))
    made = digests.digest(facts)
    said = made.coverage
    assert said.covered + sum(said.left.values()) == said.messages == len(lines)
    assert sum(told for _all, told in said.hours) == said.covered
    assert sum(line.messages for line in made.of(LineKind.THREAD)) == said.covered
    keys = {facts.key(index) for index in range(facts.at.size)}
    for line in made.lines:
        assert set(line.keys) <= keys
        assert line.keys
        if line.kind is LineKind.THREAD:
            own = " ".join(facts.texts[int.from_bytes(key[2].bytes, "big") - 1].lower() for key in line.keys)
            whole = " ".join(facts.texts).lower()
            assert all(word in whole for word in line.words), (line.words, own)
    assert digests.digest(replace(facts)) == made
    assert DigestDocument.from_json(made.to_json()).to_json() == made.to_json()


# ------------------------------------------------------------------ over groups
def a_thread(group, words, **more):
    key = (group, datetime(2026, 11, 20, tzinfo=UTC), UUID(int=len(words) + group))
    return DigestLine(LineKind.THREAD, [key], words=words, messages=5, people=3, **more)


def test_the_same_topic_of_several_groups_is_one_line():
    one = DigestDocument([a_thread(1, ("报名", "训练营", "跑步"))], Covered(10, 5, 4))
    two = DigestDocument([a_thread(2, ("训练营", "报名", "费用")), a_thread(2, ("镜头",))], Covered(20, 9, 6))
    over = digests.joined({2: two, 1: one})
    first, *rest = over.of(LineKind.THREAD)
    assert first.groups == [1, 2]
    assert set(first.words) >= {"报名", "训练营"}
    assert first.messages == 10
    assert len(first.keys) == 2
    assert [line.groups for line in rest] == [[2]]
    assert over.coverage.messages == 30
    assert over.groups[2].covered == 9


# ------------------------------------------------------------------ how good, and how quick
def conversations_of(path):
    """Lines of an IRC log, the first that people have annotated, and what they found to belong together."""
    rows, place, begin, passed = [], {}, 0.0, 0.0
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n")):
        if line[:1] == "[" and line[7:9] == " <":
            hour, minute = int(line[1:3]), int(line[4:6])
            moment = hour * HOUR + minute * 60
            begin += 86_400 if moment + begin < passed - HOUR else 0
            passed = moment + begin
            name, _, text = line[9:].partition("> ")
            place[number] = len(rows)
            rows.append((passed + len(rows) * 1e-3, name, text))
    root = {}

    def find(key):
        while root.setdefault(key, key) != key:
            key = root[key]
        return key

    later = set()
    for line in path.with_name(path.name.replace(".raw.", ".annotation.")).read_text().splitlines():
        one, other = sorted(map(int, line.split()[:2]))
        root[find(other)] = find(one)
        later.add(other)
    found = {}
    for key in sorted(later):
        if key in place:
            found.setdefault(find(key), []).append(place[key])
    return rows, min(place[key] for key in later if key in place), list(found.values())


@pytest.mark.skipif(not IRC.is_dir(), reason="the annotated conversations are not here")
def test_most_conversations_that_people_found_are_in_a_digest_and_shown_by_a_message():
    """Of the 179 annotated conversations of several people 96 % are covered; here every other log is looked at."""
    covered = shown = count = 0
    for path in sorted(IRC.glob("*.raw.txt"))[::2]:
        rows, first, known = conversations_of(path)
        facts = chat(rows, zone=SHANGHAI, days=3)
        since = float(facts.at[first])
        made = digests.material(facts, since=since)
        talks = [talk for talk in digests.conversations(made) if digests._is_one(made, talk)]
        inside = {index for talk in talks for index in talk.messages}
        keys = {key for line in digests.digest(facts, since=since).lines for key in line.keys}
        for each in known:
            if len(each) > 1 and len({int(facts.person[index]) for index in each}) > 1:
                count += 1
                covered += 2 * sum(index in inside for index in each) >= len(each)
                shown += any(facts.key(index) in keys for index in each)
    assert count > 80
    assert covered / count >= 0.93
    assert shown / count >= 0.85


def test_thousands_of_messages_take_seconds():
    count, topics = 5_000, 40
    lines = [
        (
            n * 86_400 / count,
            f"someone{(n * 7) % 97}",
            f"subject{n * topics // count} detail{n % 31} and thing{n % 7} too",
        )
        for n in range(count)
    ]
    facts = chat(lines)
    began = time.process_time()
    made = digests.digest(facts)
    assert time.process_time() - began < 10
    assert made.coverage.covered > 0.9 * count
