"""The checks of a playbook: each finding where it belongs, and not where all is well; quick enough for every edit."""

from datetime import UTC, datetime, time, timedelta
from time import perf_counter
from uuid import uuid4

import pytest

from qunce.chat import actions as chat
from qunce.chat.types import Restraint, Selection
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions, selectors
from qunce.playbooks.policies.checks import adopted
from qunce.playbooks.policies.yaml import read
from qunce.playbooks.selectors import checks
from qunce.playbooks.selectors.adoption import Adoption
from qunce.playbooks.types import Plan, Severity
from tests.chat import probe
from tests.chat import support as chat_support
from tests.playbooks import support
from tests.support import world

pytestmark = pytest.mark.django_db

HEAD = """\
key: good
title: 好剧本
goal: 大家每周学到一件能用的事
evidence: 回答的人数
path: 看一眼，回一句
plan: {takes_part: 0.2, effort_minutes: 2, first_gain_days: 1}
"""
STEPS = """\
steps:
  - id: ask
    when: day 1 19:30
    do: ask
    for: 20h
    text: "{group}，这周想学什么？"
  - {id: thanks, when: day 2 19:30, do: send, text: "谢谢 {ask.names}"}
"""
GOOD = HEAD + STEPS


def codes(text, **more):
    document = read(text, selectors.vocabulary())
    return {(each.code, each.step) for each in checks.findings(SYSTEM, document, **more)}


def found(text, **more):
    return {code for code, _step in codes(text, **more)}


def with_steps(*lines, head=HEAD):
    return head + "steps:\n" + "\n".join(f"  - {{{line}}}" for line in lines) + "\n"


def test_where_all_is_well_nothing_is_said():
    assert codes(GOOD) == set()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (GOOD.replace("first_gain_days: 1", "first_gain_days: 9"), "late_feedback"),
        (GOOD.replace("day 2 19:30, do: send", "day 30 19:30, do: send"), "late_feedback"),
        (GOOD.replace("effort_minutes: 2", "effort_minutes: 25"), "too_much_effort"),
        (
            with_steps(*(f"id: a{day}, do: ask, when: day {day} 19:30, for: 2h, text: 说说" for day in range(7)))
            .replace("effort_minutes: 2", "effort_minutes: 8"),
            "too_much_effort",
        ),
        (GOOD.replace("goal: 大家每周学到一件能用的事", "goal: 提升转化和销售额"), "owners_goal"),
        (GOOD.replace("goal: 大家每周学到一件能用的事\n", ""), "no_goal"),
        (GOOD.replace("evidence: 回答的人数\n", ""), "no_evidence"),
        (GOOD.replace("effort_minutes: 2, ", ""), "no_plan"),
        (
            with_steps("id: a, do: send, text: 限时秒杀", "id: b, do: send, when: day 1, text: 下单立减", "id: c, do: ask, text: 好吗"),
            "too_commercial",
        ),
        (with_steps(*(f"id: a{n}, do: send, text: 你好{n}" for n in range(5)), "id: q, do: ask, text: 好吗"), "too_many_messages"),
        (with_steps("id: a, do: send, text: 一", "id: b, do: send, when: day 1, text: 二"), "one_way"),
        (with_steps("id: a, do: stop", "id: b, do: send, text: 二"), "unreachable"),
        (GOOD.replace("{group}，", "{grup}，"), "missing_variable"),
        (GOOD.replace("{ask.names}", "{nobody.names}"), "missing_variable"),
        (with_steps("id: p, do: poll, question: 好吗, options: [好, 不好]", "id: b, do: send, text: '{p.count} 人'"), "missing_variable"),
        (GOOD.replace("steps:", "variables: {host: 主持人}\nsteps:"), "unused_variable"),
        (GOOD.replace("do: ask", "do: aks"), "unknown_kind"),
        (GOOD.replace("for: 20h", "for: soon"), "bad_config"),
        (GOOD.replace("id: thanks", "id: ask"), "same_id"),
        (GOOD.replace("key: good", "key: good\nneeds: [points]"), "missing_part"),
        (GOOD.replace("key: good", "key: good\nstart: {on: moon}"), "unknown_trigger"),
        (GOOD.replace("key: good", "key: good\nstart: {on: calendar}"), "bad_trigger"),
        (GOOD.replace("key: good", "key: good\naudience: member").replace("do: ask", "do: mute_window"), "wrong_audience"),
        (GOOD.replace("do: ask", "only if: [{moon: 1}]\n    do: ask"), "bad_condition"),
        (GOOD.replace("for: 20h", "for: 20h\n    nowhere:\n      - {id: x, do: stop}"), "unknown_path"),
        (GOOD.replace("day 2 19:30", "2020-01-01 19:30"), "past_date"),
        (HEAD, "no_steps"),
    ],
)  # fmt: skip
def test_what_is_unwise_is_said(text, code):
    assert code in found(text)


def test_errors_come_first_and_keep_it_from_being_published():
    document = read(GOOD.replace("{group}，", "{grup}，").replace("goal:", "summary:"), selectors.vocabulary())
    severities = [each.severity for each in checks.findings(SYSTEM, document)]
    assert severities[0] is Severity.ERROR
    assert Severity.WARNING in severities


def test_quiet_hours_and_caps_of_the_community():
    groups = support.groups(1)
    rules = Restraint(quiet_from=time(22), quiet_until=time(8), daily_cap=1)
    chat.set_restraint(actor=SYSTEM, community_id=groups[0].community_id, restraint=rules)
    late = GOOD.replace("day 2 19:30", "day 1 23:00").replace("20h", "2h")
    assert {("quiet_hours", "thanks"), ("over_cap", "")} <= codes(late)
    assert not {"quiet_hours", "over_cap"} & found(GOOD)


def test_what_platforms_cannot_do():
    with probe.installed():
        chat_support.adopted(chat_support.account("probe"), "!a")
        pinned = GOOD + "  - {id: pin, do: pin, message: thanks}\n"
        mute = GOOD + "  - {id: mute, do: mute_window, for: 1h}\n"
        cannot = [text for text in (pinned, mute) if "platform_cannot" in found(text)]
        assert cannot
        assert "platform_cannot" not in found(GOOD)


def test_somebody_must_be_there_for_a_task():
    groups = support.groups(1)
    task = GOOD + "  - {id: todo, do: task, task: 看看}\n"
    assert ("nobody_responsible", "todo") in codes(task)
    world.member_of_staff("陈默", roles={groups[0].community_id: "operator"})
    assert "nobody_responsible" not in found(task)
    assert ("nobody_responsible", "todo") in codes(task.replace("task: 看看", "task: 看看, whom: nobody@example.org"))


def test_other_playbooks_in_the_same_groups_collide():
    groups = support.groups(1)
    document = read(GOOD, selectors.vocabulary())
    row = actions.create_playbook(actor=SYSTEM, document=document)
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    with clock.at(datetime(2026, 11, 23, 1, tzinfo=UTC)):
        actions.begin_run(
            actor=SYSTEM,
            playbook_id=row.pk,
            selection=Selection(group_ids=(groups[0].pk,)),
            submission=uuid4(),
            begins_at=clock.now() + timedelta(days=1),
        )
        other = GOOD.replace("key: good", "key: other")
        assert ("collision", "thanks") in codes(other)
        assert "collision" not in found(GOOD, playbook=row)
        assert "collision" not in found(other.replace("19:30", "12:30"))


def test_texts_that_some_groups_cannot_read():
    support.groups(1)
    text = GOOD.replace('"{group}，这周想学什么？"', "{en: What would you like to learn?}")
    assert ("missing_language", "ask") in codes(text)


@pytest.mark.parametrize(
    ("planned", "asked", "answered", "low"),
    [(0.5, 100, 10, True), (0.5, 100, 40, False), (0.5, 10, 0, False), (None, 100, 0, False), (0.1, 20, 0, False), (0.1, 400, 8, True)],
)  # fmt: skip
def test_far_fewer_than_planned(planned, asked, answered, low):
    assert (adopted(planned, asked, answered) is not None) is low
    adoption = Adoption(Plan(takes_part=planned), 1, asked, answered)
    assert [each.code for each in checks.adoption_findings(adoption)] == (["low_adoption"] if low else [])


def test_it_is_quick_enough_for_every_edit():
    support.groups(30)
    document = selectors.library_entry("welcome-7-days").document
    checks.findings(SYSTEM, document)
    times = []
    for _each in range(5):
        began = perf_counter()
        checks.findings(SYSTEM, document)
        times.append(perf_counter() - began)
    assert min(times) < 0.1
