"""What messages are about: measured on sentences labelled by hand, and whom a greeting greets."""

import time

import pytest

from qunce.insights.policies.texts import greets, marks
from qunce.insights.types import Mark
from tests.insights.sentences import SENTENCES

FLOORS = {
    # Of those marked, how many rightly; of those that should be, how many are.
    Mark.QUESTION: (0.95, 0.95),
    Mark.LINK: (0.95, 0.95),
    Mark.ADVERT: (0.95, 0.9),
    Mark.GREETING: (0.95, 0.95),
    Mark.WE: (0.95, 0.95),
    Mark.ANGER: (0.95, 0.9),
    Mark.THANKS: (0.95, 0.95),
}


@pytest.mark.parametrize("mark", list(Mark))
def test_marks_are_right_often_enough(mark):
    meant = [bool(wanted & mark) for wanted, _text in SENTENCES]
    made = [bool(marks(text) & mark) for _wanted, text in SENTENCES]
    both = sum(one and other for one, other in zip(meant, made, strict=True))
    precision, recall = FLOORS[mark]
    assert both / sum(made) >= precision
    assert both / sum(meant) >= recall


def test_an_empty_message_is_about_nothing():
    assert marks("") == marks("   ") == marks("👍") == 0


def test_a_hundred_thousand_messages_take_seconds():
    texts = [text for _wanted, text in SENTENCES] * 80
    began = time.perf_counter()
    for text in texts:
        marks(text)
    assert time.perf_counter() - began < 2, f"{len(texts)} sentences"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("欢迎 @林芝 加入", ["林芝"]),
        ("欢迎小明入群", ["小明"]),
        ("欢迎 @a、@b 两位", ["a", "b"]),
        ("@小雨 欢迎欢迎", ["小雨"]),
        ("热烈欢迎王老师入群", ["王"]),
        ("welcome @bob, glad to have you", ["bob"]),
        ("Welcome aboard, Kim!", ["Kim"]),
        ("hi Tom, try this", ["Tom"]),
        ("bob: welcome", ["bob"]),
        ("欢迎 @big\u2005sis 一起玩", ["big"]),
        ("hi all", []),
        ("大家好", []),
        ("欢迎新朋友！", []),
        ("欢迎投稿 @小编", []),
        ("@bob you're welcome", []),
        ("@bob 几点到", []),
    ],
)
def test_who_is_greeted(text, names):
    assert greets(text) == names
