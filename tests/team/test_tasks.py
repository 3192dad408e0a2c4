"""Tasks: who may ask, take and end them, proof, undo, and reminders that come once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from qunce.kernel import audit, clock, files
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from qunce.team import actions, policies, selectors
from qunce.team.models import Notification, Task
from qunce.team.types import TaskFilter, TaskList, TaskState
from tests.support import world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def ask(home, title="换群公告", **more):
    return actions.create_task(actor=more.pop("actor", SYSTEM), title=title, community_id=home.pk, **more)


def listed(actor, show=TaskList.TEAM, **more):
    return [task.title for task in selectors.visible_tasks(actor, TaskFilter(show=show, **more))]


# ------------------------------------------------------------------ asking
def test_whoever_asks_twice_with_one_key_gets_one_task():
    home = world.a_community()
    first = ask(home, key="notice:7:1")
    assert ask(home, "另一句", key="notice:7:1").pk == first.pk
    assert ask(home).pk != ask(home).pk
    actions.cancel_task(actor=SYSTEM, key="notice:7:1", reason="又变了")
    assert ask(home, key="notice:7:1").state == TaskState.CANCELLED
    assert selectors.states_of_tasks(["notice:7:1", "none"]) == {"notice:7:1": TaskState.CANCELLED}


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_with_one_key_get_one_task():
    home, together, got = world.a_community(), threading.Barrier(2), []

    def run():
        together.wait()
        try:
            got.append(ask(home, key="k").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 2
    assert len(set(got)) == 1


def test_who_may_ask_whom():
    home, elsewhere = world.a_community(), world.a_community()
    service = world.member_of_staff(roles={home.pk: Role.SERVICE})
    viewer = world.member_of_staff(roles={home.pk: Role.VIEWER})
    me = world.actor(service)
    assert ask(home, actor=me, assignee_id=service.pk).assignee_id == service.pk
    with pytest.raises(NotAllowed):
        ask(home, actor=world.actor(viewer))
    with pytest.raises(NotFound):
        ask(elsewhere, actor=me)
    with pytest.raises(Invalid) as refused:
        ask(home, actor=me, assignee_id=viewer.pk)
    assert refused.value.field == "assignee"
    assert actions.create_task(actor=me, title="自己的", assignee_id=service.pk)
    for other in (viewer.pk, None):
        with pytest.raises(NotAllowed):
            actions.create_task(actor=me, title="别人的", assignee_id=other)
    for wrong in ({"title": "  "}, {"title": "长" * 201}, {"url": "https://example.org"}):
        with pytest.raises(Invalid):
            ask(home, **wrong)


def test_tasks_are_seen_where_one_belongs():
    home, elsewhere = world.a_community(), world.a_community()
    here = world.member_of_staff(roles={home.pk: Role.OPERATOR})
    viewer = world.actor(world.member_of_staff(roles={home.pk: Role.VIEWER}))
    ask(home, "这里")
    ask(elsewhere, "那里")
    own = actions.create_task(actor=world.actor(here), title="自己", assignee_id=here.pk)
    actions.create_task(actor=SYSTEM, title="安装")
    assert set(listed(world.actor(here))) == {"这里", "自己"}
    assert listed(world.actor(here), TaskList.MINE) == ["自己"]
    assert listed(viewer) == ["这里"]
    assert set(listed(world.actor(world.owner()))) == {"这里", "那里", "自己", "安装"}
    assert not listed(selectors.NOBODY)
    with pytest.raises(NotFound):
        selectors.one_task(viewer, own.pk)
    with pytest.raises(NotAllowed):
        actions.complete_task(actor=viewer, task_id=Task.objects.get(title="这里").pk)


def test_what_is_late_comes_first_and_what_has_no_end_last():
    home = world.a_community()
    ask(home, "无期")
    ask(home, "明天", due_at=clock.now() + timedelta(days=1))
    ask(home, "昨天", due_at=clock.now() - timedelta(days=1), details="第三章")
    owner = world.actor(world.owner())
    assert listed(owner) == ["昨天", "明天", "无期"]
    assert listed(owner, text="第三章") == ["昨天"]
    counts = selectors.task_counts(owner, now=clock.now(), day_ends=clock.now() + timedelta(days=2))
    assert (counts.mine, counts.team, counts.free, counts.overdue, counts.today) == (0, 3, 3, 1, 1)
    viewer = world.actor(world.member_of_staff(roles={home.pk: Role.VIEWER}))
    counts = selectors.task_counts(viewer, now=clock.now(), day_ends=clock.now() + timedelta(days=2))
    assert (counts.mine, counts.team, counts.free, counts.overdue, counts.today) == (0, 3, 0, 0, 0)


# ------------------------------------------------------------------ taking, ending, undoing
def test_a_task_is_taken_handed_over_done_and_opened_again():
    home = world.a_community()
    chen, lin = (world.member_of_staff(name=name, roles={home.pk: Role.OPERATOR}) for name in ("陈默", "林夕"))
    task = ask(home)
    actions.assign_task(actor=world.actor(chen), task_id=task.pk, assignee_id=chen.pk)
    actions.assign_task(actor=world.actor(chen), task_id=task.pk, assignee_id=lin.pk)
    done = actions.complete_task(actor=world.actor(lin), task_id=task.pk, note="换好了")
    assert (done.state, done.note, done.ended_by_name) == (TaskState.DONE, "换好了", "林夕")
    assert listed(world.actor(chen), TaskList.DONE) == ["换群公告"]
    with pytest.raises(Conflict):
        actions.assign_task(actor=world.actor(chen), task_id=task.pk, assignee_id=chen.pk)
    opened = actions.reopen_task(actor=world.actor(chen), task_id=task.pk)
    assert (opened.state, opened.note, opened.ended_at) == (TaskState.OPEN, "", None)
    said = [audit.say(entry) for entry in AuditEntry.objects.filter(object_kind="task").order_by("id")]
    assert said == [
        "Qunce asked for “换群公告”.",
        "陈默 took the task “换群公告”.",
        "陈默 gave the task “换群公告” to 林夕.",
        "林夕 did “换群公告”.",
        "陈默 opened the task “换群公告” again.",
    ]


def test_proof_is_asked_for_where_it_is_wanted():
    home = world.a_community()
    me = world.actor(world.member_of_staff(roles={home.pk: Role.OPERATOR}))
    task = ask(home, wants_proof=True)
    with pytest.raises(Invalid) as refused:
        actions.complete_task(actor=me, task_id=task.pk, note=" ")
    assert refused.value.field == "note"
    stored = files.put(b"\x89PNG", name="截图.png", content_type="image/png")
    assert actions.complete_task(actor=me, task_id=task.pk, proof=stored).proof_id == stored.pk
    again = actions.complete_task(actor=me, task_id=task.pk, note="别的")
    assert (again.note, again.proof_id) == ("", stored.pk)


def test_tasks_of_who_leaves_are_anybodys():
    home, owner = world.a_community(), world.actor(world.owner())
    chen = world.member_of_staff(roles={home.pk: Role.OPERATOR})
    one, other = ask(home, assignee_id=chen.pk), ask(home, assignee_id=chen.pk)
    actions.complete_task(actor=world.actor(chen), task_id=other.pk)
    actions.change_roles(actor=owner, staff_id=chen.pk, roles={home.pk: Role.SERVICE})
    assert Task.objects.get(pk=one.pk).assignee_id == chen.pk
    actions.change_roles(actor=owner, staff_id=chen.pk, roles={home.pk: Role.VIEWER})
    assert Task.objects.get(pk=one.pk).assignee_id is None
    assert Task.objects.get(pk=other.pk).assignee_id == chen.pk


# ------------------------------------------------------------------ reminders
spans = st.timedeltas(timedelta(seconds=1), timedelta(days=40))


@given(span=spans, steps=st.lists(spans, max_size=8))
def test_reminders_come_in_order_once_each_and_end(span, steps):
    due, moment, came = NOW + span, NOW, []
    while (following := policies.next_reminder(NOW, due, moment)) is not None:
        assert following > moment
        came.append(following)
        moment = following
    assert came[-1] == due
    assert len(came) <= 2
    assert policies.next_reminder(NOW, None, NOW) is None
    for step in steps:
        following = policies.next_reminder(NOW, due, NOW + step)
        assert following is None or following in came


def test_it_is_reminded_before_the_end_and_after_it_once_each():
    home = world.a_community()
    chen = world.member_of_staff(roles={home.pk: Role.OPERATOR})
    with clock.at(NOW):
        task = ask(home, assignee_id=chen.pk, due_at=NOW + timedelta(days=4))
    Notification.objects.all().delete()
    for hours, told in ((71, 0), (73, 1), (74, 1), (97, 2), (300, 2)):
        with clock.at(NOW + timedelta(hours=hours)):
            actions.remind_of_tasks()
            actions.remind_of_tasks()
        assert Notification.objects.filter(staff=chen).count() == told
    assert list(Notification.objects.order_by("id").values_list("text", flat=True)) == [
        "Due soon: 换群公告",
        "Overdue: 换群公告",
    ]
    with clock.at(NOW + timedelta(hours=301)):
        actions.change_task(
            actor=SYSTEM, task_id=task.pk, title="换公告", details="", due_at=NOW + timedelta(hours=302)
        )
    with clock.at(NOW + timedelta(hours=303)):
        assert actions.remind_of_tasks() == 1
    assert Notification.objects.count() == 3


def test_of_a_task_that_nobody_took_everybody_who_may_is_reminded():
    home = world.a_community()
    able = world.member_of_staff(roles={home.pk: Role.SERVICE})
    world.member_of_staff(roles={home.pk: Role.VIEWER})
    with clock.at(NOW):
        ask(home, due_at=NOW + timedelta(minutes=5))
    with clock.at(NOW + timedelta(minutes=6)):
        actions.remind_of_tasks()
    assert list(Notification.objects.values_list("staff_id", flat=True)) == [able.pk]


@pytest.mark.django_db(transaction=True)
def test_two_workers_remind_once():
    home = world.a_community()
    chen = world.member_of_staff(roles={home.pk: Role.OPERATOR})
    with clock.at(NOW):
        tasks = [ask(home, assignee_id=chen.pk, due_at=NOW + timedelta(minutes=5)) for _ in range(20)]
    Notification.objects.all().delete()
    together, counted = threading.Barrier(2), []

    def work():
        together.wait()
        try:
            with clock.at(NOW + timedelta(minutes=6)):
                counted.append(actions.remind_of_tasks())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counted) == len(tasks)
    assert Notification.objects.filter(staff=chen).count() == len(tasks)
