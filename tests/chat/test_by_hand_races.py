"""Two people, one list, the same moment: one of them carries, and nobody waits in a circle."""

import itertools
import threading
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qunce.chat import actions as chat
from qunce.chat.models import Carrying, Delivery
from qunce.chat.types import DeliveryState, Selection
from qunce.kernel import clock
from qunce.kernel.errors import Conflict
from qunce.kernel.ids import new_id
from tests.chat.hand import CHEN, LIN, by_hand_account, group_of, planned, state, steps

pytestmark = pytest.mark.django_db(transaction=True)


S = DeliveryState


@pytest.fixture
def made():
    return by_hand_account()


@pytest.fixture
def group(made):
    return group_of(made)


def at_once(*calls):
    """Run all at the same moment, each in a thread and connection of its own; returns what each raised or None."""
    barrier, outcomes = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number, call):
        barrier.wait()
        try:
            call()
        except Exception as error:  # noqa: BLE001
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return outcomes


@pytest.mark.parametrize("attempt", range(4))
def test_two_people_saying_sent_at_once_leave_one_who_did(made, group, attempt):
    key = planned(made, group)
    outcomes = at_once(
        lambda: chat.note_sent_by_hand(actor=LIN, delivery_id=key),
        lambda: chat.note_sent_by_hand(actor=CHEN, delivery_id=key),
        lambda: chat.note_sent_by_hand(actor=LIN, delivery_id=key),
        chat.tidy_up_by_hand,
    )
    assert steps(key).count("sent") == 1
    winner = Carrying.objects.get(delivery=key).name
    assert [type(each) for each in outcomes] == (
        [type(None), Conflict, type(None), type(None)]
        if winner == "林芝"
        else [Conflict, type(None), Conflict, type(None)]
    )


def test_stopping_a_broadcast_while_it_is_let_go_does_not_wait_in_a_circle(made, group):
    for _attempt in range(4):
        text = chat.send_broadcast(
            actor=LIN, text="各位好", selection=Selection(group_ids=(group.pk,)), submission=new_id()
        )
        key = Delivery.objects.get(broadcast=text).pk
        chat.take_in_hand(actor=LIN, delivery_id=key)
        Carrying.objects.filter(delivery=key).update(until=clock.now() - timedelta(seconds=1))
        outcomes = at_once(chat.tidy_up_by_hand, lambda pk=text.pk: chat.stop_broadcast(actor=LIN, broadcast_id=pk))
        assert outcomes == [None, None]
        chat.tidy_up_by_hand()
        assert state(key) == S.HELD


VERBS = ("take", "sent", "skip", "undo", "later", "tidy", "wait")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([LIN, CHEN]), st.sampled_from(VERBS)), max_size=10))
def test_whatever_two_people_do_it_is_in_nobodys_hands_twice(made, group, plan):
    key, now = planned(made, group), clock.now()
    for actor, verb in plan:
        with clock.at(now):
            before = Delivery.objects.get(pk=key).state
            try:
                match verb:
                    case "take":
                        chat.take_in_hand(actor=actor, delivery_id=key)
                    case "sent":
                        chat.note_sent_by_hand(actor=actor, delivery_id=key)
                        assert Carrying.objects.get(delivery=key).staff_id == actor.id
                    case "skip":
                        chat.skip_by_hand(actor=actor, delivery_id=key, reason="no")
                    case "undo":
                        chat.take_back_word(actor=actor, delivery_id=key)
                    case "later":
                        chat.put_off(actor=actor, delivery_id=key, until=now + timedelta(minutes=3))
                    case "tidy":
                        chat.tidy_up_by_hand()
                    case "wait":
                        now += timedelta(minutes=4)
            except Conflict:
                assert Delivery.objects.get(pk=key).state == before
            after = Delivery.objects.get(pk=key)
            assert (after.sent_at is not None) == (after.state == S.SENT)
            assert not (before == S.SENT and after.state not in {S.SENT, S.CLAIMED})
    story = steps(key)
    assert all(first != "sent" or second == "claimed" for first, second in itertools.pairwise(story))
