"""The calendar: what is planned over all groups, moved to other days, and read by other programs."""

from datetime import time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from qunce.chat import actions as chat
from qunce.chat.models import Account
from qunce.chat.selectors import schedules
from qunce.chat.types import EVERY_DAY, Rhythm, Selection
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.playbooks import actions
from qunce.playbooks import selectors as scripts
from qunce.playbooks.models import Feed
from qunce.playbooks.policies.yaml import read
from qunce.playbooks.selectors import calendar
from qunce.playbooks.selectors.calendar import Wanted
from qunce.team import actions as team
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok

TEXT = """\
key: three-days
title: 三天同行
steps:
  - {id: hello, when: day 1 20:00, do: send, text: 大家好}
  - {id: question, when: day 2 20:00, do: ask, text: 好吗？, for: 24h}
  - {id: thanks, when: day 40 20:00, do: send, text: 谢谢}
"""


def rooms(*names):
    made = support.account("sandbox", external_id="bot:Qunce", state="working")
    return support.adopted(made, *names)


def begun(groups=(), **more):
    row = actions.create_playbook(actor=SYSTEM, document=read(TEXT), **more)
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    where = Selection(group_ids=tuple(each.pk for each in groups), everywhere=not groups)
    run = actions.begin_run(actor=SYSTEM, playbook_id=row.pk, selection=where, submission=uuid4())
    actions.look_for_starts()
    return run


def planned(weekdays=(), text="周末见", days=2):
    day = clock.today("Asia/Shanghai") + timedelta(days=days)
    rhythm = Rhythm(day, time(9), "Asia/Shanghai", weekdays)
    return chat.plan_broadcast(
        actor=SYSTEM, text=text, selection=Selection(everywhere=True), rhythm=rhythm, submission=uuid4()
    )


def the_next(days, **more):
    now = clock.now()
    return Wanted(now, now + timedelta(days=days), **more)


def url(name, *args):
    return reverse(f"console:{name}", args=args)


@pytest.fixture
def client(db):
    browser = Client()
    browser.force_login(world.owner())
    return browser


def test_steps_to_come_are_counted_together(db, django_assert_max_num_queries):
    rooms(*(f"群{number}" for number in range(12)))
    begun()
    with django_assert_max_num_queries(9):
        found = calendar.steps(SYSTEM, the_next(60))
    zone = ZoneInfo("Asia/Shanghai")
    assert [(each.step.id, each.targets, each.at.astimezone(zone).hour) for each in found] == [
        ("hello", 12, 20),
        ("question", 12, 20),
    ], "and nothing beyond 35 days"


def test_a_step_that_comes_at_many_times_of_a_day_is_shown_once(db):
    rooms("A")
    run = begun()
    day = clock.now().replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=1)
    step = calendar.steps(SYSTEM, the_next(60))[0].step
    every = [calendar.StepDue(run, step, day + timedelta(minutes=minute), 2) for minute in range(30)]
    few = [calendar.StepDue(run, step, day + timedelta(days=1, hours=hour), 1) for hour in range(3)]
    found = calendar.by_day([*every, *few], ZoneInfo("Asia/Shanghai"))
    assert [(each.at, each.targets) for each in found] == [(day, 60), *((each.at, 1) for each in few)]


def test_what_moved_on_is_seen_from_where_it_stands(db):
    rooms("A", "B")
    run = begun()
    actions.skip_step(actor=SYSTEM, run_id=run.pk)
    assert [each.step.id for each in calendar.steps(SYSTEM, the_next(30))] == ["question"]
    actions.stop_run(actor=SYSTEM, run_id=run.pk)
    assert calendar.steps(SYSTEM, the_next(30)) == []


def test_only_one_group(db):
    groups = rooms("A", "B")
    begun([groups["A"]])
    assert len(calendar.steps(SYSTEM, the_next(30, group_id=groups["A"].pk))) == 2
    assert calendar.steps(SYSTEM, the_next(30, group_id=groups["B"].pk)) == []


def test_each_time_of_a_rhythm_is_there(db):
    rooms("A")
    planned(EVERY_DAY, days=1)
    planned()
    found = calendar.broadcasts(SYSTEM, the_next(7))
    assert len([each for each in found if not each.once]) in {6, 7}
    assert len([each for each in found if each.once]) == 1


def test_who_sees_nothing_of_a_community_sees_nothing_of_it(client):
    rooms("A")
    begun()
    planned()
    stranger = world.actor(world.member_of_staff(roles={world.a_community("别处").pk: Role.OWNER}))
    assert calendar.steps(stranger, the_next(30)) == []
    assert calendar.broadcasts(stranger, the_next(30)) == []


def test_who_sees_a_part_of_a_run_sees_what_it_does_there(client):
    made = rooms("A", "B")
    other = support.adopted(Account.objects.get(), "C")
    begun()
    lead = world.member_of_staff(roles={other["C"].community_id: Role.LEAD})
    found = calendar.steps(world.actor(lead), the_next(30))
    assert [(each.step.id, each.targets, each.whole) for each in found] == [
        ("hello", 1, False),
        ("question", 1, False),
    ]
    assert [each.targets for each in calendar.steps(SYSTEM, the_next(30))] == [3, 3]
    here = the_next(30, community_id=made["A"].community_id)
    assert [(each.targets, each.whole) for each in calendar.steps(SYSTEM, here)] == [(2, True)] * 2
    browser = Client()
    browser.force_login(lead)
    days = browser.get(url("calendar"), {"show": "agenda"}).context["days"]
    (entry, _question) = [entry for day in days for entry in day.entries]
    assert browser.get(entry.url).status_code == 200


def test_a_planned_broadcast_is_moved_once_it_has_one_time(client):
    rooms("A")
    once, daily = planned(), planned(EVERY_DAY)
    day = clock.today("Asia/Shanghai") + timedelta(days=5)
    client.post(url("calendar_move", once.pk), {"day": day.isoformat()})
    once.refresh_from_db()
    assert schedules.rhythm_of(once).first == day
    assert once.next_at.astimezone(ZoneInfo("Asia/Shanghai")).date() == day
    before = daily.next_at
    answer = client.post(url("calendar_move", daily.pk), {"day": day.isoformat()}, follow=True)
    daily.refresh_from_db()
    assert daily.next_at == before
    assert "again and again" in answer.content.decode()
    client.post(url("calendar_move", once.pk), {"day": (day - timedelta(days=30)).isoformat()})
    once.refresh_from_db()
    assert schedules.rhythm_of(once).first == day, "never into the past"


def test_the_feed_is_secret_and_can_be_taken_back(client):
    rooms("A")
    planned(text="周末见")
    team.create_task(actor=SYSTEM, title="给张三打电话", due_at=clock.now() + timedelta(days=1))
    shown = client.post(url("calendar_open"))
    address = shown.context["address"]
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    assert token not in str(list(Feed.objects.values()))
    stranger = Client()
    read_ = stranger.get(url("calendar_feed", token))
    assert read_["Content-Type"].startswith("text/calendar")
    events = Calendar.from_ical(read_.content).walk("VEVENT")
    assert "周末见" in {str(event["SUMMARY"]) for event in events}
    assert "张三" not in read_.content.decode(), "titles of tasks may name members"
    assert Feed.objects.get().read_at
    client.post(url("calendar_open"))
    assert stranger.get(url("calendar_feed", token)).status_code == 404
    client.post(url("calendar_open"), {"revoke": "yes"})
    assert not Feed.objects.exists()


def test_a_month_a_week_an_agenda(browse, transactional_db):
    rooms("A", "B")
    begun()
    planned()
    page = browse("/calendar/", world.owner())
    page.locator(".calendar-entry").first.wait_for()
    page_ok(page, "calendar")
    page.get_by_role("link", name="Agenda").click()
    page.locator(".agenda").get_by_text("周末见").first.wait_for()
    page_ok(page, "calendar-agenda")


def test_a_group_s_page_says_what_runs_what_comes_and_whose_turn_it_is(client):
    groups = rooms("A", "B")
    here, other = groups["A"], groups["B"]
    support.live(Account.objects.get(), support.said("A", "早", by="@li", name="李四"))
    begun([here])
    planned(text="周末见")
    (member_id, _name), *_rest = scripts.candidates(SYSTEM, here.pk)
    actions.begin_rota(
        actor=SYSTEM, group_id=here.pk, title="代班群主", duties="", weekdays=range(7), member_ids=[member_id]
    )
    shown = client.get(url("group_script", here.pk)).content.decode()
    for said in ("三天同行", "周末见", "代班群主", "Today: 李四", url("rota_new", here.pk), f"?group={here.pk}"):
        assert said in shown, said
    elsewhere = client.get(url("group_script", other.pk)).content.decode()
    assert "周末见" in elsewhere, "it goes to every group"
    assert "三天同行" not in elsewhere
    assert "代班群主" not in elsewhere
    assert url("group_script", here.pk) in client.get(url("group", here.pk)).content.decode()
    stranger = world.member_of_staff(roles={world.a_community("别处").pk: Role.OWNER})
    browser = Client()
    browser.force_login(stranger)
    assert browser.get(url("group_script", here.pk)).status_code == 404


def test_what_comes_again_and_again_is_on_in_its_own_groups_alone(db):
    groups = rooms("A", "B")
    text = "key: daily\ntitle: 每天\nstart: {on: calendar, when: daily 08:00}\nsteps:\n  - {id: hi, do: send, text: 早}\n"
    row = actions.create_playbook(actor=SYSTEM, document=read(text))
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    here = Selection(group_ids=(groups["A"].pk,))
    actions.begin_run(actor=SYSTEM, playbook_id=row.pk, selection=here, submission=uuid4())
    assert len(calendar.steps(SYSTEM, the_next(5, group_id=groups["A"].pk))) == 5
    assert calendar.steps(SYSTEM, the_next(5, group_id=groups["B"].pk)) == []


def test_who_will_fall_silent_is_not_known_ahead(db, django_assert_max_num_queries):
    rooms(*(f"群{number}" for number in range(4)))
    text = "key: wake\ntitle: 唤醒\naudience: member\nstart: {on: silent, days: 7}\nsteps:\n  - {id: hi, do: send, text: 在吗}\n"
    row = actions.create_playbook(actor=SYSTEM, document=read(text))
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    actions.begin_run(actor=SYSTEM, playbook_id=row.pk, selection=Selection(everywhere=True), submission=uuid4())
    with django_assert_max_num_queries(6):
        assert calendar.steps(SYSTEM, the_next(30)) == []


def test_many_tasks_of_one_minute_are_one_entry_without_names(client):
    at = clock.now() + timedelta(days=1)
    for number in range(5):
        team.create_task(actor=SYSTEM, title=f"给张三打电话 {number}", due_at=at)
    team.create_task(actor=SYSTEM, title="买书", due_at=at + timedelta(hours=1))
    days = client.get(url("calendar"), {"show": "agenda"}).context["days"]
    assert [entry.title for day in days for entry in day.entries] == ["5 tasks", "买书"]
    address = client.post(url("calendar_open")).context["address"]
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    written = Client().get(url("calendar_feed", token)).content
    assert "张三" not in written.decode()
    assert all(len(line) <= 75 for line in written.split(b"\r\n")), "folded, and every line ends as it should"
    assert b"\n" not in written.replace(b"\r\n", b"")
    again = Client().get(url("calendar_feed", token)).content
    ids = [[event["uid"] for event in Calendar.from_ical(each).walk("VEVENT")] for each in (written, again)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0]) == 2
