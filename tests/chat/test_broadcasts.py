"""Broadcasts: sent once, stopped, taken back, tried again, looked through."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection

from qunce.chat import actions, selectors
from qunce.chat.actions import deliveries
from qunce.chat.models import Account, Broadcast, Delivery
from qunce.chat.types import DeliveryState, Recall
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, NotAllowed, NotFound
from tests.chat import probe, support
from tests.chat.push import OPERATOR, claimed, crowd, only_account, send, settle, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("probes")]
S = DeliveryState


# ------------------------------------------------------------------ once
def test_the_same_form_twice_is_one_broadcast(groups):
    submission = uuid4()
    first = send(submission=submission)
    assert send("Something else", submission=submission) == first
    assert Delivery.objects.count() == 3
    with pytest.raises(Conflict, match="sent by somebody else"):
        send(submission=submission, actor=Actor(id=9, name="X", grants={None: Role.OPERATOR}))


def at_once(*calls):
    """Run calls in threads that start together; returns their results and errors."""
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
def test_the_same_form_from_many_windows_at_once_is_one_broadcast(groups):
    submission = uuid4()
    results = at_once(*[lambda: send(submission=submission)] * 4)
    assert {result.pk for result in results} == {Broadcast.objects.get().pk}
    assert Delivery.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_stopping_against_a_claim_leaves_each_target_with_one_of_them():
    for _round in range(5):
        Delivery.objects.all().delete()
        Broadcast.objects.all().delete()
        if not Account.objects.exists():
            support.adopted(support.account("probe"), *(f"!{n}" for n in range(40)))
        account = only_account()
        epoch = support.lease(account)
        broadcast = send("x")

        def claim(account=account, epoch=epoch):
            return [deliveries.claim(account_id=account.pk, epoch=epoch, limit=5) for _ in range(4)]

        def stop(broadcast=broadcast):
            return actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)

        results = at_once(claim, stop)
        assert not [result for result in results if isinstance(result, Exception)]
        stopped = next(result for result in results if isinstance(result, int))
        taken = sum(len(each) for result in results if isinstance(result, list) for each in result)
        assert taken + stopped == 40
        expected = {S.CLAIMED: taken, S.HELD: stopped}
        assert states(broadcast) == {state: count for state, count in expected.items() if count}


# ------------------------------------------------------------------ after
def test_stopping_sends_nothing_more_and_says_who(groups):
    broadcast = send()
    settle(claimed(1), S.SENT, external_id="x")
    assert actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk) == 2
    assert states(broadcast) == {S.SENT: 1, S.HELD: 2}
    assert set(Delivery.objects.filter(state="held").values_list("reason", flat=True)) == {"Stopped by Wei."}
    with pytest.raises(Conflict, match="stopped already"):
        actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)


def test_what_the_platform_put_off_is_not_sent_after_a_stop(groups):
    broadcast = send()
    taken = claimed(1)
    actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    settle(taken, S.PLANNED, detail="busy", again_at=clock.now(), never_left=True)
    assert states(broadcast) == {S.HELD: 3}


def test_what_may_have_left_is_repeated_after_a_stop_and_taken_back_by_a_recall(groups, monkeypatch):
    broadcast = send()
    settle(claimed(1), S.PLANNED, detail="The line broke.", again_at=clock.now())
    assert actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk) == 2
    assert states(broadcast) == {S.PLANNED: 1, S.HELD: 2}
    monkeypatch.setattr(probe.Probe, "capabilities", replace(probe.Probe.capabilities, performs=frozenset({Recall})))
    assert actions.recall_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk) == 1
    settle(claimed(), S.SENT, external_id="x")
    account = only_account()
    assert len(deliveries.claim_recalls(account_id=account.pk, epoch=support.lease(account), limit=9)) == 1


def test_a_recall_stops_takes_back_what_can_be_and_says_what_cannot(groups, monkeypatch):
    broadcast = send()
    settle(claimed(2), S.SENT, external_id="x")
    found = selectors.recallable(broadcast)
    assert (found.sent, found.waiting, len(found.able)) == (2, 1, 0)
    assert {reason: len(ids) for reason, ids in found.blocked.items()} == {
        "Its platform cannot take messages back.": 2
    }
    assert actions.recall_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk) == 0
    assert selectors.progress([broadcast.pk])[broadcast.pk].not_recalled == 2

    able = replace(probe.Probe.capabilities, performs=frozenset({Recall}), recall_hours=48)
    monkeypatch.setattr(probe.Probe, "capabilities", able)
    oldest = Delivery.objects.filter(state="sent").earliest("id")
    Delivery.objects.filter(pk=oldest.pk).update(sent_at=clock.now() - timedelta(hours=49))
    assert actions.recall_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk) == 1
    now = selectors.progress([broadcast.pk])[broadcast.pk]
    assert (now.recalling, now.not_recalled, now.is_moving) == (1, 1, True)
    oldest.refresh_from_db()
    assert oldest.recall_error == "It is too old for its platform to take it back."
    account = only_account()
    recalls = deliveries.claim_recalls(account_id=account.pk, epoch=support.lease(account), limit=9)
    done = actions.RecallOutcomes(done=[recalls[0].id])
    actions.settle(account_id=account.pk, epoch=account.lease.epoch, outcomes=[], recalls=done)
    assert states(broadcast) == {S.SENT: 1, S.RECALLED: 1, S.SKIPPED: 1}


def test_only_what_failed_is_tried_again(groups):
    broadcast = send()
    first, second, _third = claimed()
    settle([first], S.SENT, external_id="x")
    settle([second], S.FAILED, detail="No.")
    assert actions.retry_failed(actor=OPERATOR, broadcast_id=broadcast.pk) == 1
    assert states(broadcast) == {S.SENT: 1, S.PLANNED: 1, S.CLAIMED: 1}
    assert [claim.id for claim in claimed()] == [second.id]
    actions.stop_broadcast(actor=OPERATOR, broadcast_id=broadcast.pk)
    with pytest.raises(Conflict, match="was stopped"):
        actions.retry_failed(actor=OPERATOR, broadcast_id=broadcast.pk)


def test_after_its_time_nothing_is_tried_again(groups):
    broadcast = send(not_after=clock.now() + timedelta(hours=1))
    with clock.at(clock.now() + timedelta(hours=2)), pytest.raises(Conflict, match="is over"):
        actions.retry_failed(actor=OPERATOR, broadcast_id=broadcast.pk)


def test_a_broadcast_is_seen_by_who_sees_all_its_communities(groups):
    other = support.adopted(support.account("probe", external_id="@other"), "!d")["!d"]
    broadcast = send()
    home = groups["a"].community_id
    half = Actor(id=5, name="Mei", grants={home: Role.OWNER})
    whole = Actor(id=6, name="Bo", grants={home: Role.VIEWER, other.community_id: Role.OPERATOR})
    assert list(selectors.visible_broadcasts(half)) == []
    assert list(selectors.visible_broadcasts(whole)) == [broadcast]
    for action in (actions.stop_broadcast, actions.recall_broadcast, actions.retry_failed):
        with pytest.raises(NotFound):
            action(actor=half, broadcast_id=broadcast.pk)
        with pytest.raises(NotAllowed):
            action(actor=whole, broadcast_id=broadcast.pk)


# ------------------------------------------------------------------ reading on
def test_the_time_left_is_measured_or_else_the_pace_of_the_slowest_account(groups):
    Account.objects.update(secrets="")
    broadcast = send()
    account = only_account()
    stored = actions.connect_account(actor=SYSTEM, platform="probe", name="p", config={"token": "t"})
    Account.objects.filter(pk=account.pk).update(config=stored.config, secrets=stored.secrets)

    def left():
        return selectors.seconds_left(broadcast.pk, selectors.progress([broadcast.pk])[broadcast.pk])

    assert left() == 3 / 2
    Delivery.objects.update(state="sent", sent_at=clock.now())
    assert left() is None


def test_results_are_found_by_state_and_group_with_names(groups, django_assert_num_queries):
    broadcast = send()
    settle(claimed(1), S.FAILED, detail="No.")
    with django_assert_num_queries(3):
        rows = selectors.named(selectors.deliveries_of(OPERATOR, broadcast))
    assert [(row.group, row.account, row.text) for row in rows] == [
        (f"群 !{key}", "群秘书", f"Hello 群 !{key}") for key in "abc"
    ]
    assert [d.group_id for d in selectors.deliveries_of(OPERATOR, broadcast, text="!b")] == [groups["b"].pk]
    assert [d.reason for d in selectors.deliveries_of(OPERATOR, broadcast, state="failed")] == ["No."]
    portions = list(selectors.in_portions(selectors.deliveries_of(OPERATOR, broadcast), size=2))
    assert [row.delivery.pk for row in portions] == [row.delivery.pk for row in rows]
    outsider = Actor(id=7, name="Out", grants={groups["a"].community_id + 99: Role.OWNER})
    assert list(selectors.find_deliveries(outsider, states=["failed"])) == []
    shown, steps = selectors.delivery(OPERATOR, rows[0].delivery.pk)
    assert (shown.group, [step.state for step in steps]) == ("群 !a", ["claimed", "failed"])
    with pytest.raises(NotFound):
        selectors.delivery(outsider, rows[0].delivery.pk)


def test_ten_thousand_targets_take_as_many_statements_as_three(groups, django_assert_num_queries):
    found = crowd(10_000, groups["a"].community_id, "probe")
    with django_assert_num_queries(12):
        broadcast = send("{group} has {members}")
    assert states(broadcast) == {S.PLANNED: 10_003}
    assert Delivery.objects.filter(key=f"broadcast:{broadcast.pk}:{found['many77']}").count() == 1
    with django_assert_num_queries(1):
        assert selectors.progress([broadcast.pk])[broadcast.pk].total == 10_003
