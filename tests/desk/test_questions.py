"""What is probably a question, who is meant, and what settles a matter: rules of thumb with their known cases."""

from datetime import timedelta

import pytest

from qunce.desk.policies import Names, asks, settled
from qunce.desk.types import Heard, MatterState, Pending
from qunce.kernel.folding import normalise
from tests.chat.support import NOON, minutes

QUESTIONS = """
报名表在哪里?
报名表在哪里
有人试过新的镜头吗？
请问怎么报名
这个多少钱
几点开始呀
明天还上课吗
明天还上课吗，老师
能不能补课
有没有上次的讲义
求助，打卡打不了
为什么我进不去
如何成为班委
有谁知道场地在哪
那明天呢
你们呢？
什么时候出结果
可以带孩子来？
老师，作业是不是今天交
咋报名
想问一下退款
How do I join the Saturday session?
is it free?
Where can I find the notes ?
请问 Zoom 的链接
ｈｏｗ？
这次要不要自己带书
@林芝 报名截止了吗
看不懂第三题，谁能讲讲
""".strip().splitlines()
STATEMENTS = """
大家早上好 ☀️
今天读第三章,晚上八点一起讨论。
谢谢分享,收藏了。
???
？？？
https://example.org/join?from=group
我在吃饭呢
还早着呢
他正在路上呢
无论如何都要来
不管怎么样，先报名
怎么样都行
怎么都好
昨天跑得不怎么快
推荐一本书《如何阅读一本书》
没什么
有问题请找班主任
有什么问题可以私信我
多少有点累
How wonderful
what a day
见 https://example.org/?q=1 。
哪里哪里，您太客气了
OK
12:30 见
我也不知道怎么回事
""".strip().splitlines()


@pytest.mark.parametrize("text", QUESTIONS)
def test_questions(text):
    assert asks(text)


@pytest.mark.parametrize("text", [*STATEMENTS, "为什么" + "读" * 400])
def test_no_questions(text):
    assert not asks(text)


@pytest.mark.parametrize("text", QUESTIONS)
def test_no_question_is_passed_over_by_the_first_look(text):
    assert Names().noticed([normalise("早"), normalise(text), "好"]) == {1}


def test_names_are_found_whole():
    names = Names([("林芝", 1), ("Ann", 2), ("李", 3), ("林芝", 4)])
    assert names.mentioned("@林芝 请看一下") == {1, 4}
    assert names.mentioned("ann, are you there") == {2}
    assert names.mentioned("Annual report") == set()
    assert names.mentioned("李老师") == set()  # one character is in too many words
    assert names.are("ＡＮＮ") == [2]
    said = ["大家早上好", "ＡＮＮ！", "", "早", "几点开始"]
    assert names.noticed([normalise(text) for text in said]) == {1, 4}


def heard(**more):
    told = {"sent_at": NOON + minutes(2), "identity_id": 8, "name": "李四", "reply_to": None, "from_us": False}
    return Heard(**{**told, "asks": False, **more})


QUESTION, MENTION = {"asks": True, "mentions": False}, {"asks": False, "mentions": True}
REPLY = {"reply_to": "$q"}


@pytest.mark.parametrize(
    ("matter", "said", "becomes"),
    [
        (QUESTION, heard(), MatterState.LIKELY),
        (QUESTION, heard(**REPLY), MatterState.ANSWERED),
        (MENTION, heard(**REPLY), MatterState.ANSWERED),
        (MENTION, heard(**REPLY, from_us=True), MatterState.ANSWERED),
        (QUESTION, heard(**REPLY, identity_id=7), None),  # the asker himself
        (QUESTION, heard(identity_id=7), None),
        (QUESTION, heard(asks=True), None),  # another question
        (QUESTION, heard(reply_to="$other"), MatterState.LIKELY),
        ({"asks": True, "mentions": True}, heard(), None),  # somebody in particular is meant
        (MENTION, heard(), None),
        (QUESTION, heard(from_us=True), None),  # a broadcast
        (QUESTION, heard(sent_at=NOON + minutes(11)), None),
        (QUESTION, heard(**REPLY, sent_at=NOON + minutes(11)), MatterState.ANSWERED),
        (QUESTION, heard(sent_at=NOON - timedelta(seconds=1)), None),
        ({**QUESTION, "state": MatterState.LIKELY}, heard(), None),
        ({**QUESTION, "state": MatterState.LIKELY}, heard(**REPLY), MatterState.ANSWERED),
    ],
)
def test_what_settles_a_matter(matter, said, becomes):
    pending = Pending(1, 1, NOON, "$q", 7, **{"state": MatterState.OPEN, **matter})
    found = settled(pending, [said])
    assert (found and found.state) == becomes


def test_a_reply_tells_more_than_what_was_said_before_it():
    pending = Pending(1, 1, NOON, "$q", 7, asks=True, mentions=False, state=MatterState.OPEN)
    found = settled(pending, [heard(), heard(**REPLY, name="王五"), heard()])
    assert (found.state, found.name) == (MatterState.ANSWERED, "王五")
