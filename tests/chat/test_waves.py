"""Broadcasts in waves: canaries first, the next wave when it is time, an end by itself, and going on."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from qunce.chat import actions, jobs, policies, selectors
from qunce.chat.actions.waves import advance
from qunce.chat.models import Broadcast, Delivery
from qunce.chat.selectors import waves as reads
from qunce.chat.types import DeliveryState, Manner, MemberJoined, MemberLeft, Selection, Sender, Signals, Waves
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Role
from qunce.kernel.audit import say
from qunce.kernel.errors import Conflict, NotAllowed
from qunce.kernel.models import AuditEntry
from tests.chat import support
from tests.chat.push import OPERATOR, claimed, crowd, only_account, send, settle, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("probes")]
S = DeliveryState


def in_waves(**more):
    return send(manner=Manner(waves=Waves(**{"first": 1, "size": 1, "pause": 10, **more})))


def later(minutes):
    return clock.at(clock.now() + timedelta(minutes=minutes))


def waves_of(broadcast):
    return list(Delivery.objects.filter(broadcast=broadcast).order_by("group_id").values_list("wave", "state"))


# ------------------------------------------------------------------ which group is in which
@pytest.mark.parametrize(
    ("waves", "numbers"),
    [
        (None, [0, 0, 0, 0, 0]),
        (Waves(), [0, 0, 0, 0, 0]),
        (Waves(first=2), [0, 0, 1, 1, 1]),
        (Waves(first=1, size=2), [0, 1, 1, 2, 2]),
        (Waves(size=2), [0, 0, 1, 1, 2]),
        (Waves(canaries=(14, 12), size=2), [1, 1, 0, 2, 0]),
        (Waves(canaries=(99,), size=3), [0, 0, 0, 1, 1]),
        (Waves(first=9, size=1), [0, 0, 0, 0, 0]),
    ],
)
def test_groups_fall_into_waves(waves, numbers):
    assert policies.in_waves(waves, [10, 11, 12, 13, 14]) == numbers


# ------------------------------------------------------------------ one after the other
def test_later_waves_are_out_of_reach_until_they_are_released(groups):
    broadcast = in_waves()
    assert waves_of(broadcast) == [(0, "planned"), (1, "held"), (2, "held")]
    taken = claimed()
    assert [claim.group_id for claim in taken] == [groups["a"].pk]
    with later(11):
        assert actions.look_after_waves() == 0  # what is claimed is not decided
    settle(taken, S.SENT, external_id="x")
    assert actions.look_after_waves() == 0  # the pause is not over
    assert claimed() == []
    with later(11):
        jobs.keep_time(0)
        assert waves_of(broadcast) == [(0, "sent"), (1, "planned"), (2, "held")]
        assert actions.look_after_waves() == 0
        settle(claimed(), S.SENT, external_id="y")
    with later(22):
        assert actions.look_after_waves() == 1
        settle(claimed(), S.FAILED, detail="No.")
    with later(33):
        assert actions.look_after_waves() == 0
    broadcast.refresh_from_db()
    assert (broadcast.wave, broadcast.next_wave_at) == (2, None)
    assert states(broadcast) == {S.SENT: 2, S.FAILED: 1}


def test_whoever_is_chosen_goes_first_and_who_cannot_be_reached_in_none(groups):
    Delivery.objects.all().delete()
    found = send(
        "{members}",
        Selection(group_ids=tuple(each.pk for each in groups.values())),
        manner=Manner(waves=Waves(canaries=(groups["c"].pk,))),
    )
    assert waves_of(found) == [(1, "held"), (1, "held"), (0, "planned")]


def test_too_many_failures_hold_what_has_not_left_and_say_why(groups):
    broadcast = in_waves(first=2, failed=1)
    (first,) = claimed(1)
    settle([first], S.FAILED, detail="No.")
    assert actions.look_after_waves() == 0
    broadcast.refresh_from_db()
    assert broadcast.stopped_at
    assert broadcast.stopped_for == {"failed": 1, "left": 0, "complaints": 0}
    assert states(broadcast) == {S.FAILED: 1, S.HELD: 2}
    assert "stopped by itself" in say(AuditEntry.objects.latest("id"))
    with later(60):
        assert actions.look_after_waves() == 0
        assert claimed() == []
    assert actions.resume_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk) == 1
    assert actions.look_after_waves() == 0  # what was seen is tolerated
    broadcast.refresh_from_db()
    assert broadcast.stopped_at is None
    assert states(broadcast) == {S.FAILED: 1, S.PLANNED: 1, S.HELD: 1}
    settle(claimed(1), S.FAILED, detail="No.")
    actions.look_after_waves()
    broadcast.refresh_from_db()
    assert broadcast.stopped_for == {"failed": 1, "left": 0, "complaints": 0}


def sent_to_a(**bounds):
    """A broadcast whose canary has it, with two people in that group."""
    account = only_account()
    who = [Sender("@li", "李四"), Sender("@wu", "吴一")]
    joined = [MemberJoined("!a", each, clock.now() - timedelta(hours=1)) for each in who]
    support.live(account, *joined)
    support.live(account, MemberLeft("!a", Sender("@old", "早走"), clock.now() - timedelta(minutes=1)))
    broadcast = in_waves(**bounds)
    settle(claimed(1), S.SENT, external_id="x", sent_at=clock.now())
    return broadcast


def stopped(broadcast):
    actions.look_after_waves()
    broadcast.refresh_from_db()
    return broadcast.stopped_for


def test_people_who_leave_afterwards_stop_it(groups):
    broadcast = sent_to_a(left=2)
    soon = clock.now() + timedelta(seconds=5)
    support.live(only_account(), MemberLeft("!a", Sender("@li", "李四"), soon))
    support.live(only_account(), MemberLeft("!c", Sender("@li", "李四"), soon))
    assert stopped(broadcast) is None
    assert reads.signals(broadcast) == Signals(left=1)
    support.live(only_account(), MemberLeft("!a", Sender("@wu", "吴一"), soon))
    assert stopped(broadcast) == {"failed": 0, "left": 2, "complaints": 0}


def test_people_who_complain_stop_it(groups):
    account = only_account()
    support.live(account, support.said("!a", "退订", at=clock.now() - timedelta(minutes=5)))
    broadcast = sent_to_a(complaints=2)
    now = clock.now() + timedelta(seconds=1)
    support.live(
        account, support.said("!a", "太吵了！", by="@li", at=now), support.said("!a", "别发了", by="@li", at=now)
    )
    support.live(account, support.said("!b", "退订", at=now))  # has not got it yet
    assert stopped(broadcast) is None
    support.live(account, support.said("!a", "Ｕnsubscribe!", by="@wu", at=now))
    assert stopped(broadcast) == {"failed": 0, "left": 0, "complaints": 2}


def test_who_complains_before_our_account_hears_that_the_message_is_there_counts(groups):
    """As in a room: the message is seen, answered at once, and only then does the platform tell us that it is sent."""
    broadcast = in_waves(complaints=1)
    deliveries = claimed(1)
    support.live(only_account(), support.said("!a", "退订", at=clock.now()))
    settle(deliveries, S.SENT, external_id="x", sent_at=clock.now() + timedelta(seconds=2))
    assert stopped(broadcast) == {"failed": 0, "left": 0, "complaints": 1}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("退订", True),
        ("能不能退订一下", True),
        ("SPAM!", True),
        ("spammy", False),
        ("我" * 60 + "退订", False),
        ("好", False),
    ],
)
def test_what_counts_as_a_complaint(text, is_one):
    assert policies.is_complaint(text, ("退订", "spam")) is is_one


# ------------------------------------------------------------------ stopping and going on
def test_what_was_stopped_goes_on_with_what_was_not_reached(groups):
    broadcast = send()
    settle(claimed(1), S.SENT, external_id="x")
    actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    assert claimed() == []
    viewer = Actor(id=9, name="Vi", grants={None: Role.VIEWER})
    with pytest.raises(NotAllowed):
        actions.resume_broadcast(actor=viewer, broadcast_id=broadcast.pk)
    assert actions.resume_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk) == 2
    assert states(broadcast) == {S.SENT: 1, S.PLANNED: 2}
    with pytest.raises(Conflict, match="under way already"):
        actions.resume_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    assert len(claimed()) == 2


def test_what_was_taken_back_or_is_too_old_does_not_go_on(groups):
    broadcast = send(not_after=clock.now() + timedelta(hours=1))
    actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    with later(61), pytest.raises(Conflict, match="is over"):
        actions.resume_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    actions.recall_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    assert states(broadcast) == {S.SKIPPED: 3}
    with pytest.raises(Conflict, match="taken back"):
        actions.resume_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)


def test_nothing_of_a_stopped_broadcast_is_sent_again(groups):
    broadcast = send()
    lost, refused, _third = claimed()
    settle([lost], S.UNKNOWN, detail="?")
    settle([refused], S.FAILED, detail="No.")
    actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    with pytest.raises(Conflict, match="is stopped"):
        actions.settle_unknown(actor=OPERATOR, delivery_id=lost.id, verdict="again")
    with pytest.raises(Conflict, match="is stopped"):
        actions.retry_delivery(actor=OPERATOR, delivery_id=refused.id)
    actions.recall_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    with pytest.raises(Conflict, match="taken back"):
        actions.settle_unknown(actor=OPERATOR, delivery_id=lost.id, verdict="again")
    actions.settle_unknown(actor=OPERATOR, delivery_id=lost.id, verdict="failed")


def test_a_single_failed_message_is_tried_again(groups):
    send()
    (refused,) = claimed(1)
    with pytest.raises(Conflict, match="settled in the meantime"):
        actions.retry_delivery(actor=OPERATOR, delivery_id=refused.id)
    settle([refused], S.FAILED, detail="No.")
    actions.retry_delivery(actor=OPERATOR, delivery_id=refused.id)
    assert Delivery.objects.get(pk=refused.id).state == "planned"
    assert "sent again" in say(AuditEntry.objects.latest("id"))


# ------------------------------------------------------------------ at the same time
def at_once(*calls):
    barrier, results = Barrier(len(calls)), []

    def run(call):
        barrier.wait()
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001
            results.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(call,)) for call in calls]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return results


@pytest.mark.django_db(transaction=True)
def test_a_wave_is_released_once_and_not_after_a_stop(groups):
    for _round in range(6):
        Delivery.objects.all().delete()
        Broadcast.objects.all().delete()
        broadcast = in_waves(pause=0, size=1)
        settle(claimed(1), S.SENT, external_id=f"x{_round}")
        stop = [lambda key=broadcast.pk: actions.stop_broadcast(actor=OPERATOR, broadcast_id=key)]
        results = at_once(*[lambda key=broadcast.pk: advance(broadcast_id=key)] * 2, *stop)
        assert not [each for each in results if isinstance(each, Exception)]
        broadcast.refresh_from_db()
        assert broadcast.stopped_at
        assert states(broadcast) == {S.SENT: 1, S.HELD: 2}
        assert broadcast.wave <= 1
        assert actions.look_after_waves() == 0


@pytest.mark.django_db(transaction=True)
def test_going_on_from_two_windows_is_going_on_once(groups):
    broadcast = send()
    actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    results = at_once(*[lambda: actions.resume_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)] * 3)
    assert "3" in set(map(str, results))
    assert sum(isinstance(each, Conflict) for each in results) == 2
    assert states(broadcast) == {S.PLANNED: 3}


@pytest.mark.django_db(transaction=True)
def test_two_operators_send_one_form_once(groups):
    from uuid import uuid4

    submission = uuid4()
    other = Actor(id=9, name="Mei", grants={None: Role.OPERATOR})
    results = at_once(lambda: send(submission=submission), lambda: send(submission=submission, actor=other))
    assert sum(isinstance(each, Conflict) for each in results) == 1
    assert Delivery.objects.count() == 3


# ------------------------------------------------------------------ many
def test_ten_thousand_targets_in_waves_cost_as_many_statements_as_three(groups, django_assert_max_num_queries):
    crowd(10_000, groups["a"].community_id, "probe")
    with django_assert_max_num_queries(12):
        broadcast = in_waves(first=3, size=1000, failed=5, left=5, complaints=3, pause=0)
    assert states(broadcast) == {S.PLANNED: 3, S.HELD: 10_000}
    Delivery.objects.filter(state="planned").update(state="sent", sent_at=clock.now())
    with django_assert_max_num_queries(18):
        assert advance(broadcast_id=broadcast.pk)
    assert states(broadcast) == {S.SENT: 3, S.PLANNED: 1000, S.HELD: 9000}
    with django_assert_max_num_queries(14):
        assert actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk) == 10_000
    assert selectors.progress([broadcast.pk])[broadcast.pk].total == 10_003
