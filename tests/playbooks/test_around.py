"""What else speaks in the groups of a playbook: broadcasts planned, under way and gone, seen by checks and calendar."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest

from qunce.chat import actions as chat
from qunce.chat.models import Delivery
from qunce.chat.types import Manner, Rhythm, Selection, Waves
from qunce.community.selectors import group_facts
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.playbooks import selectors
from qunce.playbooks.policies.yaml import read
from qunce.playbooks.selectors import calendar, checks
from qunce.playbooks.selectors.calendar import Wanted
from tests.playbooks.support import groups
from tests.playbooks.test_checks import GOOD
from tests.support import world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)  # 9 o'clock in Shanghai
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def now():
    with clock.at(NOW):
        yield


def to(*found):
    return Selection(group_ids=tuple(group.pk for group in found))


def pushed(*found, title="大促预告", **manner):
    return chat.send_broadcast(
        actor=SYSTEM, text="今晚八点", title=title, selection=to(*found), submission=uuid4(), manner=Manner(**manner)
    )


def heard(*found, actor=SYSTEM):
    """Titles and minutes from now on of what others say in these groups."""
    facts = group_facts([group.pk for group in found])
    return [(each.title, (each.at - NOW) / MINUTE) for each in checks.others(actor, facts, NOW)]


def colliding(*found):
    """Titles, by the step that they are too close to, for a playbook that begins tomorrow."""
    document = read(GOOD, selectors.vocabulary())
    all_found = checks.findings(SYSTEM, document, group_ids=[group.pk for group in found])
    return {(each.step, each.params["title"]) for each in all_found if each.code == "collision"}


def test_a_planned_broadcast_collides_by_its_name_where_it_goes():
    here, elsewhere = groups(2)
    rhythm = Rhythm(date(2026, 11, 25), time(19, 40), "Asia/Shanghai")
    chat.plan_broadcast(
        actor=SYSTEM, text="周三见", title="周三见面", selection=to(here), rhythm=rhythm, submission=uuid4()
    )
    assert colliding(here) == {("ask", "周三见面")}
    assert colliding(elsewhere) == set()


def test_what_went_out_a_moment_ago_is_still_heard_and_what_is_older_is_not():
    here, elsewhere = groups(2)
    old, lately = pushed(here, title="早安"), pushed(here)
    for broadcast, minutes in ((old, 90), (lately, 10)):
        told = Delivery.objects.filter(broadcast=broadcast)
        told.update(state="sent", sent_at=NOW - minutes * MINUTE, not_before=NOW - minutes * MINUTE)
    assert heard(here) == [("大促预告", -10)]
    assert heard(elsewhere) == []
    stranger = world.actor(world.member_of_staff(roles={world.a_community("别处").pk: Role.OWNER}))
    assert heard(here, actor=stranger) == []


def test_the_next_wave_is_heard_in_the_groups_that_it_goes_to():
    first, second, third = groups(3)
    broadcast = pushed(first, second, third, waves=Waves(first=1, size=1, pause=40))
    broadcast.next_wave_at = NOW + 40 * MINUTE
    broadcast.save()
    assert [heard(each) for each in (first, second, third)] == [[("大促预告", 0)], [("大促预告", 40)], []]
    broadcast.stopped_at = NOW
    broadcast.save()
    assert heard(second) == []


def test_the_calendar_has_what_went_out_and_the_next_wave():
    here, there = groups(2)
    broadcast = pushed(here, there, waves=Waves(first=1, size=1, pause=40))
    broadcast.next_wave_at = NOW + 40 * MINUTE
    broadcast.save()

    def on(**more):
        wanted = Wanted(NOW - timedelta(days=1), NOW + timedelta(days=1), **more)
        return [((each.at - NOW) / MINUTE, each.targets) for each in calendar.gone_out(SYSTEM, wanted)]

    assert on() == on(community_id=here.community_id) == [(0, 1), (40, 1)]
    assert on(group_id=there.pk) == [(40, 1)]
    assert on(community_id=world.a_community("别处").pk) == []
    assert calendar.gone_out(SYSTEM, Wanted(NOW + timedelta(days=1), NOW + timedelta(days=2))) == []
