"""Search: two characters find, phrases and beginnings too; the job catches up, and what is gone is not found."""

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from qunce.chat import actions as chat
from qunce.chat import policies
from qunce.chat.models import Message, SearchBacklog, SearchText
from qunce.chat.selectors import messages
from qunce.chat.types import Batch, MessageDeleted, MessageEdited, Origin
from qunce.kernel import clock
from tests.chat.support import NOON, account, adopted, live, minutes, said


def catch_up():
    while chat.make_searchable():
        pass


def found(group, text, **more):
    return [each.text for each in messages.search(text, [group.pk], **more)]


@pytest.fixture
def made(db):
    with clock.at(NOON):
        yield account()


@pytest.fixture
def group(made):
    return adopted(made, "!a")["!a"]


SAID = (
    "社群运营分享会今晚八点开始",
    "运营社群的人",
    "Please see the Newsletter of VIP2 群",
    "ｆｕｌｌ　ｗｉｄｔｈ 的 价 格",
    "vip群的价格是12元",
    "今天\u200b休息",
    "2012年的照片",
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("社群", {0, 1}),
        ("群", {0, 1, 2, 4}),  # one character, also the last of a run
        ("会", {0}),
        ("社群运营", {0}),  # in this order
        ("运营社群", {1}),
        ("社群 运营", {0, 1}),  # all words, anywhere
        ("社群 照片", set()),
        ("news", {2}),  # the beginning of a word
        ("letter", set()),
        ('"news"', set()),
        ('"the newsletter"', {2}),
        ('"newsletter the"', set()),
        ("NEWSLETTER vip", {2}),
        ("vip", {2, 4}),
        ("vip2", {2}),
        ("vip群", {4}),
        ("的价格", {3, 4}),
        ("价格", {3, 4}),
        ("full", {3}),
        ("今天休息", {5}),
        ("12", {4}),
        ("2012年", {6}),
        ("「社群运营」", {0}),
        ("“运营社群", {1}),
        ("是12元", {4}),
        ("！？", set()),
        ("' & | :* \\", set()),
        ("", set()),
    ],
)
def test_what_is_found(made, group, text, wanted):
    live(made, *(said("!a", each, at=NOON + timedelta(seconds=n)) for n, each in enumerate(SAID)))
    catch_up()
    assert found(group, text) == [SAID[n] for n in sorted(wanted, reverse=True)]


def test_edits_and_deletions_reach_it(made, group):
    live(made, said("!a", "明天下雨", key="$1"), said("!a", "明天天晴", key="$2"))
    catch_up()
    assert len(found(group, "明天")) == 2
    live(
        made, MessageDeleted("!a", "$1", NOON + minutes(1)), MessageEdited("!a", "$2", NOON + minutes(1), "后天天晴")
    )
    assert found(group, "明天") != ["明天下雨"]  # not even before the job has run
    assert "明天下雨" not in found(group, "明天")
    catch_up()
    assert found(group, "明天") == []
    assert found(group, "后天") == ["后天天晴"]
    assert SearchText.objects.count() == 1


def test_the_past_is_found_too_and_the_position_is_told(made, group):
    assert messages.searchable_until() is None
    chat.ingest(Batch(made.pk, Origin.BACKFILL, [said("!a", "很久以前", at=NOON - timedelta(days=400))]))
    assert messages.searchable_until() == NOON
    assert found(group, "以前") == []
    catch_up()
    assert messages.searchable_until() is None
    assert found(group, "以前") == ["很久以前"]


def test_the_job_goes_on_where_it_was_cut_off(made, group, monkeypatch):
    monkeypatch.setattr("qunce.chat.actions.search.PORTION", 40)
    for batch in range(10):
        live(made, *(said("!a", f"第{batch}批", at=NOON + timedelta(seconds=batch * 60 + n)) for n in range(20)))
    assert chat.make_searchable() == 40
    assert SearchText.objects.count() == 40

    def cut_off(_keys):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("qunce.chat.actions.search._write", cut_off)
        with pytest.raises(RuntimeError):
            chat.make_searchable()
    assert (SearchText.objects.count(), SearchBacklog.objects.count()) == (40, 8)
    catch_up()
    assert SearchText.objects.count() == 200
    SearchBacklog.objects.create(
        at=NOON, group_ids=[group.pk], sent_ats=[NOON], message_ids=[Message.objects.first().id]
    )
    catch_up()  # once more is no harm
    assert SearchText.objects.count() == 200


def test_newest_first_page_by_page_and_only_in_the_groups_chosen(made):
    groups = adopted(made, "!a", "!b")
    live(made, *(said("!a", f"打卡 {n}", at=NOON + timedelta(days=-90 + n)) for n in range(50)), said("!b", "打卡"))
    catch_up()
    first = messages.search("打卡", [groups["!a"].pk], size=20)
    assert [each.text for each in first] == [f"打卡 {n}" for n in range(49, 29, -1)]
    second = messages.search("打卡", [groups["!a"].pk], size=20, cursor=first.older)
    assert [each.text for each in second] == [f"打卡 {n}" for n in range(29, 9, -1)]
    back = messages.search("打卡", [groups["!a"].pk], size=20, cursor=second.newer)
    assert [each.text for each in back] == [each.text for each in first]
    assert len(messages.search("打卡", [group.pk for group in groups.values()], size=100)) == 51
    assert len(messages.search("打卡", [])) == 0


def test_the_index_is_used(made, group):
    live(made, said("!a", "你好"))
    catch_up()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = SearchText.objects.filter(words__meets=policies.search_query("社群")).explain()
    assert "search_words" in plan


WORD = st.text(alphabet="社群运营 abAB12，。Ａ?", max_size=12)


@given(WORD, WORD, st.text(alphabet="社群运营ab12", min_size=1, max_size=4))
@pytest.mark.django_db
def test_what_is_in_a_message_is_found_by_it(before, after, word):
    """Every part of a text that begins at a word's beginning finds it, whatever stands around it."""
    text = f"{before} {word} {after}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::tsvector @@ %s::tsquery",
            [policies.search_vector(text, NOON), policies.search_query(word)],
        )
        assert cursor.fetchone() == (True,)


@given(st.text(max_size=60), st.text(max_size=12))
def test_what_was_asked_for_is_marked_within_the_whole_text(text, asked):
    assert "".join(piece for piece, _hit in policies.marked(text, asked)) == text


@pytest.mark.parametrize(
    ("text", "asked", "hits"),
    [
        ("社群运营", "运营", ["运营"]),
        ("ＶＩＰ群", "vip", ["ＶＩＰ"]),
        ("Newsletter news", "news", ["News", "news"]),
        ("一 二", "一 二", ["一", "二"]),
        ("ﬁne", "fine", ["ﬁne"]),
        ("x" * 300 + "社群", "社群", ["社群"]),
    ],
)
def test_marks(text, asked, hits):
    assert [piece for piece, hit in policies.marked(text, asked) if hit] == hits
