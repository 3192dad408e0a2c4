"""Broadcasts for later: at a time or in a rhythm, each occurrence exactly once, in its community's zone."""

from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier, Thread
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from qunce.chat import actions, jobs, policies
from qunce.chat.actions.schedules import begin
from qunce.chat.models import Broadcast, Schedule
from qunce.chat.selectors import schedules as reads
from qunce.chat.types import EVERY_DAY, DeliveryState, Manner, Rhythm, Waves
from qunce.community import actions as community
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.team import actions as team
from qunce.team import selectors as staff
from tests.chat.push import EVERYWHERE, OPERATOR, states, texts
from tests.support import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("probes")]
S = DeliveryState
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)  # a Friday, noon in Shanghai
EIGHT = Rhythm(date(2026, 11, 21), time(8), "Asia/Shanghai")
DAILY = Rhythm(date(2026, 11, 21), time(8), "Asia/Shanghai", EVERY_DAY)
FIRST = datetime(2026, 11, 21, 0, tzinfo=UTC)


def planned(rhythm=EIGHT, actor=SYSTEM, text="早 {group} {date}", **more):
    with clock.at(NOW):
        return actions.plan_broadcast(
            actor=actor,
            text=text,
            selection=EVERYWHERE,
            rhythm=rhythm,
            submission=more.pop("submission", uuid4()),
            **more,
        )


def at(moment):
    with clock.at(moment):
        jobs.keep_time(0)


# ------------------------------------------------------------------ out it goes
def test_it_goes_out_when_its_time_comes_and_once(groups):
    schedule = planned(manner=Manner(waves=Waves(first=1)), lasts=timedelta(hours=2))
    at(FIRST - timedelta(seconds=1))
    assert not Broadcast.objects.exists()
    at(FIRST)
    at(FIRST + timedelta(seconds=5))
    broadcast = Broadcast.objects.get()
    assert states(broadcast) == {S.PLANNED: 1, S.HELD: 2}
    assert texts(broadcast)[0].startswith("早 群 !a ")
    assert "11月21日" in texts(broadcast)[0] or "21" in texts(broadcast)[0]
    assert (broadcast.schedule, broadcast.not_after) == (schedule, FIRST + timedelta(hours=2))
    schedule.refresh_from_db()
    assert schedule.next_at is None


def test_a_rhythm_goes_on_until_its_last_day_with_whoever_is_there(groups):
    until = Rhythm(EIGHT.first, EIGHT.at, EIGHT.zone, (0, 5), date(2026, 11, 28))
    schedule = planned(until)
    for day in range(12):
        if day == 1:
            community.archive_groups(actor=SYSTEM, group_ids=[groups["a"].pk])
        at(FIRST + timedelta(days=day, seconds=3))
    sent = list(Broadcast.objects.order_by("pk"))
    assert [each.created_at.date().isoformat() for each in sent] == ["2026-11-21", "2026-11-23", "2026-11-28"]
    assert [states(each) for each in sent] == [{S.PLANNED: 3}, {S.PLANNED: 2}, {S.PLANNED: 2}]
    schedule.refresh_from_db()
    assert schedule.next_at is None


def test_what_was_missed_is_not_sent_late_and_the_next_one_is(groups):
    schedule = planned(DAILY)
    at(FIRST + timedelta(hours=2))
    schedule.refresh_from_db()
    assert (schedule.missed_at, schedule.missed_why) == (FIRST, "Qunce was not running at that time.")
    assert schedule.next_at == FIRST + timedelta(days=1)
    assert not Broadcast.objects.exists()
    at(FIRST + timedelta(days=1, minutes=59))
    assert Broadcast.objects.count() == 1


def test_it_goes_out_with_the_rights_of_who_planned_it(groups):
    person = world.member_of_staff(roles={groups["a"].community_id: Role.OPERATOR})
    schedule = planned(DAILY, actor=staff.actor_for(person))
    at(FIRST)
    assert Broadcast.objects.get().created_by == person.pk
    team.deactivate_staff(actor=SYSTEM, staff_id=person.pk)
    at(FIRST + timedelta(days=1))
    assert Broadcast.objects.count() == 1
    schedule.refresh_from_db()
    assert schedule.missed_at == FIRST + timedelta(days=1)
    assert schedule.missed_why


def test_who_may_not_send_may_not_plan_and_the_same_form_plans_once(groups):
    submission = uuid4()
    first = planned(submission=submission)
    assert planned(submission=submission) == first
    with pytest.raises(Conflict):
        planned(submission=submission, actor=OPERATOR)
    with pytest.raises(Invalid, match="reached"):
        planned(actor=Actor(id=5, name="X", grants={groups["a"].community_id + 99: Role.OPERATOR}))
    with pytest.raises(Invalid, match="past"):
        planned(Rhythm(date(2026, 11, 20), time(11), "Asia/Shanghai"))


def test_it_is_called_off(groups):
    schedule = planned(DAILY, actor=OPERATOR)
    home = groups["a"].community_id
    with pytest.raises(NotAllowed):
        actions.cancel_schedule(actor=Actor(id=5, name="V", grants={home: Role.VIEWER}), schedule_id=schedule.pk)
    with pytest.raises(NotFound):
        actions.cancel_schedule(actor=Actor(id=5, name="V", grants={home + 9: Role.OWNER}), schedule_id=schedule.pk)
    actions.cancel_schedule(actor=OPERATOR, schedule_id=schedule.pk)
    with pytest.raises(Conflict):
        actions.cancel_schedule(actor=OPERATOR, schedule_id=schedule.pk)
    at(FIRST)
    assert not Broadcast.objects.exists()
    assert not reads.coming(OPERATOR).exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_an_occurrence_once(groups):
    schedule = planned(DAILY)
    barrier, results = Barrier(3), []

    def run():
        barrier.wait()
        with clock.at(FIRST):
            results.append(begin(schedule_id=schedule.pk))
        connection.close()

    threads = [Thread(target=run) for _n in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(results) == [False, False, True]
    assert Broadcast.objects.count() == 1
    Schedule.objects.update(next_at=FIRST)  # as if a crash had lost that it was sent
    with clock.at(FIRST):
        begin(schedule_id=schedule.pk)
    assert Broadcast.objects.count() == 1


# ------------------------------------------------------------------ the calendar
def occurrences(rhythm, number, after=NOW):
    for _n in range(number):
        after = policies.next_occurrence(rhythm, after)
        yield after


def test_a_day_of_the_clock_is_kept_when_the_clocks_change():
    berlin = Rhythm(date(2026, 3, 28), time(2, 30), "Europe/Berlin", EVERY_DAY)
    spring = list(occurrences(berlin, 3, datetime(2026, 3, 27, tzinfo=UTC)))
    assert [f"{each:%d %H:%M}" for each in spring] == ["28 01:30", "29 01:30", "30 00:30"]
    autumn = list(
        occurrences(
            Rhythm(date(2026, 10, 24), time(2, 30), "Europe/Berlin", EVERY_DAY), 3, datetime(2026, 10, 23, tzinfo=UTC)
        )
    )
    assert [f"{each:%d %H:%M}" for each in autumn] == ["24 00:30", "25 00:30", "26 01:30"]


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 1)),
    st.times(),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.sets(st.integers(0, 6), min_size=1).map(sorted).map(tuple),
)
def test_a_rhythm_comes_once_on_each_of_its_days(first, clock_time, zone, weekdays):
    rhythm = Rhythm(first, clock_time, zone, weekdays)
    before = datetime.combine(first, time(), UTC) - timedelta(days=3)
    found = list(occurrences(rhythm, 12, before))
    assert found == sorted(set(found))
    expected = [day for day in (first + timedelta(days=n) for n in range(90)) if day.weekday() in weekdays][:12]
    meant = [datetime.combine(day, clock_time, ZoneInfo(zone)).astimezone(UTC) for day in expected]
    assert found == meant
