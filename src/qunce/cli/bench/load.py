"""Made-up chat: Chinese and English messages, some of which ask for a keyword, some of which come twice."""

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from qunce.chat.types import MessageReceived, Sender
from qunce.kernel import clock

BATCH = 500
HITS, DOUBLES = 0.05, 0.05
SEATS = 3  # groups that a member is in
_CHINESE = (
    "今天大家一起来聊聊怎么样做好社群运营分享会资料报名时间地点老师同学问题答案谢谢收到明晚八点准时开始记得打卡"
)
_ENGLISH = re.findall(
    r"\w+", "please see the notes from last night and tell me what you think about our plan for next week"
)


@dataclass(frozen=True, slots=True)
class Load:
    """Batches of events, and what must be in the tables after them."""

    batches: list[list[MessageReceived]]
    distinct: int
    asking: int


def keyword(number: int) -> str:
    """The keyword of a rule; no other message has it in it."""
    return f"口令{number:05d}号"


def make(*, messages: int, groups: int, members: int, rules: int, seed: int) -> Load:
    """``messages`` events, DOUBLES of them repetitions, HITS of the distinct ones asking for a keyword."""
    rng = random.Random(seed)  # noqa: S311 (the same load for everyone, not a secret)
    start = clock.now() - timedelta(minutes=5)
    distinct = [
        _message(rng, number, groups, members, rules, start + timedelta(milliseconds=number * 200_000 / messages))
        for number in range(int(messages * (1 - DOUBLES)))
    ]
    asking = sum("口令" in each.text for each in distinct)
    events = [*distinct, *rng.choices(distinct, k=messages - len(distinct))]
    # Repetitions come soon after, as from a wire that was interrupted.
    events.sort(key=lambda each: (each.sent_at, each.external_id))
    return Load([events[at : at + BATCH] for at in range(0, len(events), BATCH)], len(distinct), asking)


def _message(  # noqa: PLR0917 (all the parameters of a load)
    rng: random.Random, number: int, groups: int, members: int, rules: int, at: datetime
) -> MessageReceived:
    who = rng.randrange(members)
    if rng.random() < HITS:
        text = f"老师好，{keyword(rng.randrange(rules))}，谢谢"
    elif rng.random() < 0.7:  # noqa: PLR2004 (seven of ten are Chinese)
        text = "".join(rng.choices(_CHINESE, k=rng.randint(4, 40)))
    else:
        text = " ".join(rng.choices(_ENGLISH, k=rng.randint(3, 15)))
    return MessageReceived(
        group=f"!room{(who * 7 + rng.randrange(SEATS) * 31) % groups}",
        external_id=f"$event{number}",
        sent_at=at,
        sender=Sender(f"@member{who}", f"成员{who}"),
        text=text,
    )
