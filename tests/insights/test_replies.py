"""Which message answers which: measured on marked answers, and the shapes of chats that have none marked."""

import time

import numpy as np
import pytest

from qunce.insights.policies.replies import infer
from tests.insights import fit_replies

LINE_BEFORE = 0.2659
"""What the rule "it answers the line before" finds of the marked answers."""
marked = pytest.mark.skipif(not fit_replies.DATA.exists(), reason=f"{fit_replies.DATA} is not on this machine")


def parents(*said, minutes=1, explicit=()):
    """What is inferred for messages ``(name, text)`` that are said a minute apart."""
    names = list(dict.fromkeys(name for name, _text in said))
    known = np.full(len(said), -1, np.int32)
    for later, earlier in explicit:
        known[later] = earlier
    return infer(
        np.arange(len(said)) * 60.0 * minutes,
        np.array([names.index(name) for name, _text in said], np.int32),
        [text for _name, text in said],
        names,
        known,
    ).tolist()


@marked
def test_it_finds_more_than_twice_what_the_line_before_finds_in_hours_it_was_not_fitted_on():
    hours = fit_replies.hours()
    tables = [fit_replies.table(hour) for hour in hours]
    held_out = [(hour, answers) for hour, answers in fit_replies.held_out(hours[:4], tables)]
    precision, recall = fit_replies.measured(held_out)
    assert recall > 2 * LINE_BEFORE
    assert precision > 0.62


@marked
def test_it_also_helps_where_nobody_is_called_by_name():
    found = ((hour, infer(*hour.told)) for hour in fit_replies.hours(named=False))
    _precision, recall = fit_replies.measured(found)
    assert recall > LINE_BEFORE + 0.08


@marked
def test_the_weights_in_use_are_those_that_were_measured():
    precision, recall = fit_replies.measured((hour, infer(*hour.told)) for hour in fit_replies.hours())
    assert precision > 0.67
    assert recall > 0.62


def test_who_is_addressed_is_answered():
    said = [("ann", "how do I mount the share?"), ("bob", "anyone here using zsh?"), ("cat", "ann: use fstab")]
    assert parents(*said)[2] == 0
    assert parents(*said[:2], ("cat", "@bob I do, since years"))[2] == 1


def test_chinese_names_and_names_with_spaces():
    said = [("林芝", "报名表在哪里？"), ("Big Sis", "周六谁去爬山？"), ("阿明", "@林芝 在群公告里")]
    assert parents(*said)[2] == 0
    assert parents(*said[:2], ("阿明", "@Big Sis 我去"))[2] == 1
    assert parents(*said[:2], ("阿明", "回复 林芝：在群公告里"))[2] == 0
    assert parents(*said[:2], ("阿明", "林芝，在群公告里"))[2] == 0


def test_a_quote_says_what_is_answered():
    said = [("林芝", "第三章的模型谁看懂了"), ("阿明", "周六谁去爬山？"), ("小雨", "我去"), ("阿明", "带水")]
    assert parents(*said, ("小雨", "「林芝：第三章的模型谁看懂了」\n- - - - -\n我看懂了"))[4] == 0
    assert parents(*said, ("小雨", "> 第三章的模型谁看懂了\n我"))[4] == 0


def test_a_welcome_is_for_whoever_is_new():
    said = [("班长", "第三章"), ("阿明", "好"), ("班长", "晚上见"), ("新人", "我是新来的"), ("班长", "欢迎欢迎")]
    assert parents(*said)[4] == 3


def test_a_slow_chat_is_read_like_a_busy_one():
    known = [(name, "今天天气不错") for name in ("小雨", "班长", "老王")]
    said = [
        *known,
        ("小雨", "今天有读书会吗？"),
        ("班长", "有的，晚上八点"),
        ("老王", "电子版谁有？"),
        ("小雨", "我有"),
    ]
    for minutes in (1, 12):
        found = parents(*said, minutes=minutes)
        assert (found[4], found[6]) == (3, 5)


def test_what_the_platform_says_stays():
    said = [("ann", "first"), ("bob", "second"), ("cat", "third"), ("bob", "thanks")]
    assert parents(*said, explicit=[(2, 0)])[2] == 0


def test_a_day_later_something_begins():
    assert parents(("ann", "see you"), ("bob", "hello, is anybody here?"), minutes=60 * 30) == [-1, -1]


def test_who_is_addressed_after_many_others_have_spoken():
    said = [("ann", "does the gate open on Sunday?"), *((f"u{n % 9}", f"line {n}") for n in range(60))]
    assert parents(*said, ("bob", "ann: it does"))[-1] == 0


def test_nothing_answers_itself_or_what_comes_later():
    rng = np.random.default_rng(7)
    words = ["ann:", "@bob", "报名", "吗", "?", "thanks", "why", "route", "好的", "cat", "> x\ny", "「a：b」"]
    said = [(f"p{rng.integers(5)}", " ".join(rng.choice(words, 4))) for _ in range(400)]
    found = parents(*said)
    assert all(parent < number for number, parent in enumerate(found))
    assert found == parents(*said)


def test_empty_and_single():
    assert parents() == []
    assert parents(("ann", "")) == [-1]


def test_thirty_thousand_messages_take_seconds():
    said = [
        (f"user{n % 300}", f"user{(n * 7) % 300}: line about route {n % 500} and what else?") for n in range(30_000)
    ]
    began = time.process_time()
    parents(*said)
    assert time.process_time() - began < 4
