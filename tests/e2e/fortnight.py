"""Fourteen days in thirty rooms: the playbook, the people who answer or do not, the clock, and who is killed when."""

import random
import time
from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import psutil

from tests.support.product import eventually
from tests.support.synapse import at_once, unique

ROOMS, MANY, DEATHS = 30, 6, 20
BEGINS = datetime(2027, 3, 1, 10, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday
VICTIMS = ("gateway", "worker", "second worker")
LEASE = timedelta(seconds=11)
SCRIPT = """\
key: fortnight
title: 十四天同读
goal: 两周读完第一章
evidence: 一半的人打过卡
path: 每天十分钟
plan: {takes_part: TAKES_PART}
late: send
late_after: 12h
variables:
  host: {label: 主持人, default: 林芝}
steps:
  - {id: hello, do: send, text: "你好，{group}！我是 {host}。"}
  - id: question
    when: day 1 19:30
    do: ask
    for: 20h
    text: 今天最想聊什么？
    answered:
      - {id: thanks, do: send, text: "谢谢 {question.names}"}
    silent:
      - {id: another, when: day 2 20:00, do: send, text: 换个话题：周末去哪儿？}
  - {id: night, when: day 3 23:30, do: send, text: 晚安}
  - id: look
    when: day 4 10:00
    only if: [{group_size: {at_least: 6}}]
    do: task
    task: 到 {group} 里看看
    within: 4h
    whom: starter
    proof: true
    done:
      - {id: looked, do: send, text: 今天有人来看过大家}
  - id: chat
    when: day 5 20:00
    do: wait
    event: message
    at most: 20h
    happened:
      - {id: lively, when: day 7 09:00, do: send, text: 前晚真热闹}
    missed:
      - {id: quiet, when: day 7 09:00, do: send, text: 前晚很安静，今天说一句？}
  - id: checkin
    when: day 7 20:00
    do: ask
    keyword: 打卡
    for: 24h
    text: 今天读到哪一页？请说「打卡」
    answered:
      - {id: counted, do: send, text: "今天 {checkin.count} 人打卡"}
    silent:
      - {id: nudge, do: send, text: 没关系，明天再来}
  - id: which
    when: day 9 20:00
    do: branch
    if: [{answered: question}]
    then:
      - {id: loyal, do: send, text: 有你们一直在}
    else:
      - {id: welcome, do: send, text: 随时欢迎开口}
  - {id: tenth, when: day 10 20:00, do: send, text: 第十天，按第一版说}
  - {id: twelfth, when: day 12 09:00, do: send, text: 第十二天，按第一版说}
  - {id: gone, when: day 13 09:00, do: send, text: 第二版里没有这句}
  - {id: end, when: day 13 20:00, do: send, text: "{group}读完了，谢谢大家"}
"""
SECOND = SCRIPT.replace("按第一版说", "按第二版说").replace("{group}读完了", "{group}一起读完了").replace(
    "{id: gone, when: day 13 09:00, do: send, text: 第二版里没有这句}",
    "{id: fresh, when: day 12 19:00, do: send, text: 这句只在第二版里}",
)  # fmt: skip
BRANCH = {
    **dict.fromkeys(("thanks", "another", "loyal", "welcome"), "question"),
    **dict.fromkeys(("lively", "quiet"), "chat"),
    **dict.fromkeys(("counted", "nudge"), "checkin"),
}
"""The steps that only some rooms hear, and by what their people have said."""

_DUE = """
WITH moment AS (SELECT %s::timestamptz AS now)
SELECT (SELECT count(*) FROM playbooks_track, moment WHERE state IN ('due', 'waiting') AND next_at <= now)
+ (SELECT count(*) FROM playbooks_run, moment WHERE state = 'running' AND looked_at < begins_at AND begins_at <= now)
+ (SELECT count(*) FROM kernel_storedevent WHERE done_at IS NULL)
+ (SELECT count(*) FROM chat_delivery, moment WHERE state = 'claimed' OR state = 'planned' AND not_before <= now)
"""
_UNDER_WAY = "SELECT count(*) FROM chat_delivery WHERE state IN ('claimed', 'planned') AND not_before <= %s"
_NEXT = """
SELECT least((SELECT min(next_at) FROM playbooks_track WHERE state IN ('due', 'waiting')),
(SELECT min(begins_at) FROM playbooks_run WHERE state = 'running' AND looked_at < begins_at),
(SELECT min(not_before) FROM chat_delivery WHERE state = 'planned'))
"""
_GO_ALONG = "UPDATE chat_lease SET until = until + %s WHERE until IS NOT NULL RETURNING 1"


def day(number, at="00:00"):
    """A moment of the script."""
    hour, minute = map(int, at.split(":"))
    return (BEGINS + timedelta(days=number)).replace(hour=hour, minute=minute)


def settle_in(server):
    """Our two accounts, which no limit holds back, and thirty rooms with their people; in two of them are many."""
    accounts = [server.register(unique(f"qunce{n}"), shown="群秘书") for n in range(2)]
    hosts = at_once([lambda n=n: server.register(unique("host"), shown=f"群主{n}") for n in range(4)])
    people = at_once([lambda n=n: server.register(unique("member"), shown=f"成员{n}") for n in range(ROOMS)])
    rooms = at_once([lambda n=n: _room(n, hosts[n % 4], accounts[n % 2], people) for n in range(ROOMS)])
    at_once([lambda who=who, room=room: who.join(room.id) for room in rooms for who in room.people[1:]])
    return accounts, rooms


def answers(room, step, text, of=None):
    """What these people of a room (all, where none are named) say to a step: for `Life.say`, and remembered."""
    room.answered[step] += of or room.people
    return [(room, who, text) for who in of or room.people]


def _room(number, host, account, people):
    name = f"同读 {number + 1:02} 群"
    others = [people[(number + step) % ROOMS] for step in range(MANY if number < 2 else 2)]
    return SimpleNamespace(
        id=host.create_room(name, invite=[account]),
        name=name,
        number=number,
        account=account,
        people=[host, *others],
        answered=defaultdict(list),
    )


class Life:
    """The product while the clock is moved from due moment to due moment; now and then one of its processes dies."""

    def __init__(self, clock, product, seed):
        self.clock, self.product = clock, product
        self._second = None
        self._random = random.Random(seed)
        self.deaths, self.in_the_middle = [], 0

    # -------------------------------------------------------------- time
    def until(self, moment):
        """Everything happens that is due until then."""
        while (following := self._following()) and following < moment:
            self._live(following)
        self._live(moment)

    def _following(self):
        return self.product.rows(_NEXT)[0][0]

    def _live(self, moment):
        """It becomes that moment: what is due is done, by whoever is alive."""
        self.go_by(moment - self.clock.now() + timedelta(seconds=1))
        if not self._is_calm():
            for _ in range(self._random.choice((1, 1, 2))):
                self._somebody_dies()
        self.settle()

    def go_by(self, length):
        """So much time goes by at once; who serves accounts would have gone on doing so meanwhile."""
        if length > timedelta():
            self.product.rows(_GO_ALONG, length)
            self.clock.move(length)

    def settle(self):
        """Wait until nothing is left that is due now."""
        eventually(self._is_calm, every=0.05)

    def _is_calm(self):
        return self.product.rows(_DUE, self.clock.now())[0][0] == 0

    # -------------------------------------------------------------- deaths
    def _somebody_dies(self):
        """Any time from now on; half of the deaths come while messages are on their way."""
        if len(self.deaths) == DEATHS:
            return
        who, on_the_way = self._random.choice(VICTIMS), self._random.random() < 0.5
        pause = self._random.uniform(0, 0.5) if on_the_way else self._random.uniform(0, 5)
        if on_the_way:
            eventually(lambda: self._is_calm() or self._under_way(), every=0.01)
        ends = time.monotonic() + pause
        while time.monotonic() < ends and not self._is_calm():
            time.sleep(0.01)
        self.in_the_middle += not self._is_calm()
        self._kill(who)
        self.deaths.append((f"{self.clock.now():%m-%d %H:%M:%S}", who))

    def _under_way(self):
        return self.product.rows(_UNDER_WAY, self.clock.now())[0][0]

    def _kill(self, who):
        if who == "second worker":
            self._stop_second()
            self.second_worker()
        else:
            eventually(lambda: self._alive(who)).kill()
        if who == "gateway":
            self.clock.move(LEASE)  # nobody else serves its accounts before

    def _alive(self, role):
        with suppress(StopIteration, psutil.Error):
            return self.product.role(role)

    def second_worker(self):
        """One more than `qunce run` has."""
        self._second = self.product.command("worker")

    def end(self):
        """Nothing that was started here is left."""
        if self._second:
            self._stop_second()

    def _stop_second(self):
        with self._second:
            self._second.kill()

    # -------------------------------------------------------------- people
    def say(self, said):
        """People say things in rooms: (room, person, text) each; returns when the product has heard them."""
        keys = at_once([lambda room=room, who=who, text=text: who.say(room.id, text) for room, who, text in said])
        heard = "SELECT count(*) FROM chat_message WHERE external_id = ANY(%s)"
        eventually(lambda: self.product.rows(heard, keys) == [(len(keys),)])
        self.settle()
