"""Each group gets a brief once: with two workers, cut off in between, and for weeks by itself."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from qunce.chat.models import Delivery
from qunce.content import actions
from qunce.content.actions import mornings
from qunce.content.models import Brief
from qunce.content.types import BriefState
from qunce.kernel import clock
from tests.content.test_briefs import MONDAY, Morning, entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def morning():
    made = Morning()
    for n in range(5):
        entry(made.feed, n, MONDAY - timedelta(hours=2 + n), summary="一句话说明")
    return made


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(morning):
    barrier, errors = Barrier(2), []

    def work():
        try:
            barrier.wait()
            with clock.at(MONDAY):
                actions.keep_briefs()
        except Exception as error:  # noqa: BLE001 (told to the test)
            errors.append(error)
        finally:
            connection.close()

    workers = [Thread(target=work) for _n in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert not errors
    assert Brief.objects.get().state == BriefState.SENT
    assert len(morning.sent()) == 2


def test_cut_off_in_between_it_is_sent_once(morning, monkeypatch):
    morning.evening()
    real = mornings.end_task
    monkeypatch.setattr(mornings, "end_task", lambda *_given: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        morning.go()
    assert not morning.sent()
    monkeypatch.setattr(mornings, "end_task", real)
    morning.go(MONDAY + timedelta(minutes=2))
    assert len(morning.sent()) == 2


def test_four_weeks_by_itself():
    """Every weekday, with days on which the feed is silent, a day off the network, and clocks that go back."""
    begin = datetime(2026, 10, 16, 6, 30, tzinfo=UTC)
    morning = Morning(zone="Europe/Berlin", at=begin - timedelta(hours=20), day_off="DE")
    silent, down = {date(2026, 10, 27), date(2026, 10, 28)}, date(2026, 11, 5)
    day, n = begin, 0
    while day < begin + timedelta(days=28):
        if day.date() not in silent:
            for _each in range(4):
                n += 1
                entry(morning.feed, n, day - timedelta(hours=12, minutes=n % 60), title=f"第 {n} 条")
        if day.date() != down:
            for minutes in range(-60, 120, 40):
                morning.go(day + timedelta(minutes=minutes))
        day += timedelta(days=1)
    briefs = list(Brief.objects.order_by("day"))
    assert [each.day.weekday() for each in briefs] == [
        each.day.weekday() for each in briefs if each.day.weekday() < 5
    ]
    assert len(briefs) == 20
    skipped = {each.day: each.why for each in briefs if each.state == BriefState.SKIPPED}
    assert skipped == {down: mornings.NOT_RUNNING}
    hours = {each.day: each.send_at.hour for each in briefs}
    assert (hours[date(2026, 10, 23)], hours[date(2026, 10, 26)]) == (6, 7)  # 8:30 before and after the change
    said = [line["title"] for each in briefs for line in each.lines]
    assert len(said) == len(set(said))
    assert Delivery.objects.count() == 2 * 19
