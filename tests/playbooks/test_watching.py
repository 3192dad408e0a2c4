"""A step that has failed for good is told once, with how many, until nobody waits for a person any more."""

import pytest

from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.playbooks import actions
from qunce.playbooks.actions.watching import FAILED
from qunce.playbooks.models import Track
from qunce.team import actions as team
from qunce.team import selectors as staff
from qunce.team.models import Alert, Notification
from tests.playbooks.support import START, begun, go, groups, step
from tests.support import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds")]


def failing(number=3, **more):
    run = begun(groups(number), step("a", "break", reason="It is broken."), step("b"), **more)
    go()
    assert set(Track.objects.filter(run=run).values_list("state", flat=True)) == {"failed"}
    return run


@pytest.fixture(autouse=True)
def at_start():
    with clock.at(START):
        yield


def test_one_alert_for_all_targets_of_a_step_told_once_and_leading_to_their_board():
    run = failing()
    home = run.community_ids[0]
    operator = world.member_of_staff(roles={home: Role.OPERATOR})
    elsewhere = world.member_of_staff(roles={world.a_community("别处").pk: Role.OPERATOR})
    assert actions.watch() == actions.watch() == 1
    alert = Alert.objects.get()
    assert (alert.sentence, alert.params["count"], alert.params["step"]) == (FAILED, 3, "a")
    assert (alert.community_id, alert.times) == (home, 1)
    assert alert.url == f"/playbooks/runs/{run.pk}/?state=failed&at=a"
    assert Notification.objects.filter(staff=operator).count() == 1
    assert not Notification.objects.filter(staff=elsewhere).exists()
    assert alert in staff.visible_alerts(world.actor(operator))


def test_whoever_began_the_run_is_told_even_where_it_belongs_to_no_one_community():
    (home,), (other,) = groups(1), groups(1)
    operator = world.member_of_staff(roles={home.community_id: Role.OPERATOR, other.community_id: Role.OPERATOR})
    run = begun([home, other], step("a", "break", reason="It is broken."), actor=world.actor(operator))
    go()
    assert actions.watch() == actions.watch() == 1
    assert len(run.community_ids) == 2
    assert Alert.objects.get().community_id is None
    assert Notification.objects.filter(staff=operator).count() == 1


def test_it_says_how_many_are_left_and_ends_with_the_last():
    run = failing()
    actions.watch()
    first, *others = Track.objects.filter(run=run).order_by("pk")
    team.acknowledge_alert(actor=SYSTEM, alert_id=Alert.objects.get().pk)
    actions.skip_step(actor=SYSTEM, run_id=run.pk, which=actions.Which(track_ids=(first.pk,)))
    assert actions.watch() == 1
    alert = Alert.objects.get()
    assert (alert.params["count"], alert.resolved_at) == (2, None)
    assert alert.acknowledged_at is not None
    assert actions.retry_failed(actor=SYSTEM, run_id=run.pk) == len(others)
    assert actions.watch() == 0
    assert Alert.objects.get().resolved_at == START


def test_a_run_that_is_stopped_asks_for_nobody_and_failing_again_is_news():
    run = failing(1)
    actions.watch()
    actions.retry_failed(actor=SYSTEM, run_id=run.pk)
    actions.watch()
    go()
    assert actions.watch() == 1
    assert Alert.objects.count() == 2
    actions.stop_run(actor=SYSTEM, run_id=run.pk)
    assert actions.watch() == 0
    assert not Alert.objects.filter(resolved_at=None).exists()
