"""Rehearsals: the same messages at the same times as the live run; nothing stays; load, quotas, what is left out."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest

from qunce.chat import actions as chat
from qunce.chat.actions import Outcome
from qunce.chat.models import Account, Delivery
from qunce.chat.types import DeliveryState, MemberJoined, Restraint, Selection, Sender
from qunce.community.models import Group
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Invalid
from qunce.members.models import Identity, Member
from qunce.playbooks import actions, selectors
from qunce.playbooks.models import CallAnswer, Playbook, RotaTurn, Run, Track
from qunce.playbooks.policies.yaml import read
from qunce.playbooks.types import Document
from qunce.playbooks.types.rehearsal import Rehearsal
from tests.chat import probe
from tests.chat import support as chat_support
from tests.playbooks import support
from tests.support import world

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 23, 1, tzinfo=UTC)  # Monday, 9 o'clock in Shanghai

TEXT = """\
key: first-week
title: 第一周
plan: {takes_part: 0}
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
  - id: todo
    when: day 4 10:00
    do: task
    task: "看看 {group}"
    within: 4h
    takes: 7
    whom: starter
    done:
      - {id: seen, do: send, text: 看过了}
  - {id: end, when: day 5 09:00, do: send, text: 一周快乐}
"""


def rehearsed(groups, text=TEXT, *, actor=SYSTEM, days=14, **more):
    document = text if isinstance(text, Document) else read(text, selectors.vocabulary())
    return actions.rehearse(
        actor=actor, document=document, group_ids=[group.pk for group in groups], days=days, began_at=START, **more
    )


def lived(groups, text, *, account, days=14):
    """The live run, with the clock moved from moment to moment, and a wire that takes everything."""
    document = read(text, selectors.vocabulary())
    epoch = chat_support.lease(account)
    row = actions.create_playbook(actor=SYSTEM, document=document)
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    now, until = START, START + timedelta(days=days)
    with clock.at(now):
        chosen = Selection(group_ids=tuple(group.pk for group in groups))
        run = actions.begin_run(actor=SYSTEM, playbook_id=row.pk, selection=chosen, submission=uuid4())
    ended = set()
    while now <= until:
        with clock.at(now):
            for _round in range(5):
                support.go(now)
                for taken in iter(lambda: chat.claim(account_id=account.pk, epoch=epoch, limit=100), []):
                    outcomes = [Outcome(each.id, DeliveryState.SENT, external_id=str(each.id)) for each in taken]
                    chat.settle(account_id=account.pk, epoch=epoch, outcomes=outcomes)
            waiting = Track.objects.filter(waits_for__startswith="task:", woken__isnull=True).exclude(
                waits_for__in=ended
            )
            tasks = {row.waits_for: now + (row.next_at - now) / 2 for row in waiting}
        planned = Delivery.objects.filter(state=DeliveryState.PLANNED).values_list("not_before", flat=True)
        following = [each for each in (selectors.next_moment([run.pk]), *planned, *tasks.values()) if each]
        if not following:
            break
        now = min(following)
        for event, at in tasks.items():
            if at <= now:
                ended.add(event)
                with clock.at(now):
                    actions.wake(event=event, data={"done": True})
    names = {group.pk: group.name for group in groups}
    rows = Delivery.objects.filter(state=DeliveryState.SENT, group_id__in=names).order_by("sent_at")
    return sorted((row.sent_at, names[row.group_id], row.content[0]["text"]) for row in rows)


def test_it_is_what_the_live_run_does():
    with probe.installed():
        account = chat_support.account("probe")
        found = chat_support.adopted(account, "!a", "!b", "!c")
        groups = [Group.objects.get(pk=each.pk) for each in found.values()]
        rules = Restraint(quiet_from=time(22), quiet_until=time(8), daily_cap=2)
        chat.set_restraint(actor=SYSTEM, community_id=groups[0].community_id, restraint=rules)
        rehearsal = rehearsed(groups)
        live = lived(groups, TEXT, account=account)
    assert sorted((each.at, each.group, each.text) for each in rehearsal.messages) == live
    assert len(live) == 18
    assert {each.step for each in rehearsal.messages} == {"hello", "question", "another", "night", "seen", "end"}
    night = next(each for each in rehearsal.messages if each.step == "night")
    assert night.waited == 8 * 60 + 30


def test_nothing_of_it_stays():
    groups = support.groups(2)
    kinds = (Group, Member, Account, Delivery, Playbook, Run, Track, CallAnswer)
    before = [kind.objects.count() for kind in kinds]
    assert rehearsed(groups).messages
    assert [kind.objects.count() for kind in kinds] == before


def test_living_runs_are_left_alone(kinds):
    groups = support.groups(1)
    run = support.begun(groups, support.step("one"), support.step("two", when={"day": 3}))
    support.go()
    before = list(Track.objects.filter(run=run).values())
    rehearsed(groups, days=30)
    assert list(Track.objects.filter(run=run).values()) == before


def test_answers_are_as_many_as_planned():
    groups = support.groups(1)
    Group.objects.filter(pk=groups[0].pk).update(member_count=40)
    rehearsal = rehearsed(groups, TEXT.replace("takes_part: 0", "takes_part: 0.1"))
    assert rehearsal.answers == 4
    assert "thanks" in {each.step for each in rehearsal.messages}
    assert rehearsal.notes


def test_what_is_waited_for_happens_where_the_plan_expects_it():
    groups = support.groups(1)
    text = (
        TEXT.replace("takes_part: 0", "takes_part: 0.5")
        + """\
  - id: chat
    do: wait
    event: message
    happened:
      - {id: lively, do: send, text: 真热闹}
"""
    )
    assert "lively" in {each.step for each in rehearsed(groups, text).messages}
    assert "lively" not in {each.step for each in rehearsed(groups, text.replace("0.5", "0")).messages}


def test_load_is_counted_for_groups_and_people():
    groups = support.groups(2)
    world.member_of_staff("陈默", roles={groups[0].community_id: "operator"})
    rehearsal = rehearsed(groups)
    assert [(each.total, each.busiest) for each in rehearsal.by_group] == [(6, 1), (6, 1)]
    assert rehearsal.minutes == 14
    assert [(each.name, each.minutes) for each in rehearsal.by_operator] == [("陈默", 14)]
    assert rehearsal.by_day["2026-11-23"] == 2
    assert rehearsal.quotas[0].busiest == 2
    assert rehearsal.zone == "Asia/Shanghai"


def test_members_who_begin_are_simulated():
    groups = support.groups(2)
    document = selectors.library_entry("welcome-7-days").document
    rehearsal = rehearsed(groups, document)
    assert rehearsal.tracks == 6
    assert {"hello", "first-question"} <= {each.step for each in rehearsal.messages}
    assert len(rehearsal.notes) >= 3


def test_what_is_left_out_is_said():
    groups = support.groups(1)
    text = TEXT.replace("id: end,", "id: end, only if: [{group_tag: vip}],")
    rehearsal = rehearsed(groups, text)
    assert [(each.step, each.count) for each in rehearsal.left_out] == [("end", 1)]


def test_a_calendar_begins_again_and_again():
    groups = support.groups(1)
    text = TEXT.replace("plan:", 'start: {on: calendar, when: "mon,thu 08:30"}\nplan:')
    rehearsal = rehearsed(groups, text, days=14)
    hello = [each.at for each in rehearsal.messages if each.step == "hello"]
    assert [f"{each:%a %H:%M}" for each in hello] == ["Thu 00:30", "Mon 00:30", "Thu 00:30", "Mon 00:30"]


@pytest.mark.parametrize("key", [entry.key for entry in selectors.library() if not entry.missing])
def test_every_playbook_of_the_library_is_rehearsed(key):
    groups = support.groups(1)
    document = selectors.library_entry(key).document
    values = {name: name for name, variable in document.variables.items() if variable.required}
    rehearsal = rehearsed(groups, document, days=45 if "calendar" not in document.start.on else 20, values=values)
    # No holiday in these days; and nobody has a turn in these groups.
    assert rehearsal.messages or key in {"holiday-greetings", "rotating-host"}
    assert not [each for each in rehearsal.left_out if "variable" in each.reason]
    assert Rehearsal.from_json(rehearsal.to_json()) == rehearsal


def test_whose_turn_it_is_goes_along():
    (group,) = support.groups(1)
    people = [f"成员{number:02}号" for number in range(30)]
    joined = [MemberJoined(group.external_id, Sender(f"@{name}", name), at=clock.now()) for name in people]
    chat_support.live(Account.objects.get(), *joined)
    last = [Identity.objects.get(external_id=f"@{name}").member_id for name in people[-3:]]
    week, role = list(range(7)), "代班群主"
    actions.begin_rota(
        actor=SYSTEM, group_id=group.pk, title=role, duties="", weekdays=week, member_ids=list(reversed(last))
    )
    found = rehearsed([group], selectors.library_entry("rotating-host").document, days=6)
    said = "\n".join(each.text for each in found.messages)
    assert [name for name in people if name in said] == people[-3:], "they are copied, however many are there"
    assert RotaTurn.objects.values("rota").distinct().count() == 1, "and nothing of it stays"


def test_who_may_not_operate_rehearses_nothing():
    groups = support.groups(1)
    other = world.actor(world.member_of_staff("客人", roles={world.a_community().pk: "operator"}))
    with pytest.raises(Invalid):
        rehearsed(groups, actor=other)


def test_time_is_up_at_last():
    groups = support.groups(1)
    assert rehearsed(groups, most_seconds=0).stopped_early


def test_a_month_in_many_groups_is_soon_over():
    """A tenth of what a large house has: 500 groups take a minute at most on two cores."""
    groups = support.groups(50)
    rehearsal = rehearsed(groups, days=30)
    assert len(rehearsal.messages) == 300
    assert rehearsal.seconds < 20
