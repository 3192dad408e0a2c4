"""Events: stored with the change, handed out after it, once per subscriber, and never lost."""

from dataclasses import dataclass

import pytest
from django.db import transaction

from qunce.kernel import events
from qunce.kernel.models import HandledEvent, Revision, StoredEvent

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class SomethingHappened(events.Event):
    what: str
    numbers: list[int]


@dataclass(frozen=True)
class NobodyCares(events.Event):
    pass


@pytest.fixture
def heard(monkeypatch):
    """Two subscribers; the second fails as long as ``heard['broken']`` says so. They write, to show roll-backs."""
    told = {"first": [], "second": [], "broken": False}

    def first(event):
        told["first"].append(event)

    def second(event):
        Revision.objects.create(scope=f"written by second {len(told['second'])}")
        told["second"].append(event)
        if told["broken"]:
            raise RuntimeError("not today")

    monkeypatch.setitem(events._subscribers, SomethingHappened.name, {"first": first, "second": second})
    monkeypatch.setattr(events, "_wake", lambda: told.setdefault("woken", True))
    return told


EVENT = SomethingHappened("订阅", [1, 2])


def publish():
    with transaction.atomic():
        events.publish(EVENT)


def test_an_event_comes_as_it_was_published(heard):
    publish()
    assert heard["woken"]
    assert events.deliver_pending() == 1
    assert heard["first"] == heard["second"] == [EVENT]


def test_what_is_rolled_back_never_happened(heard):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.publish(EVENT)
        raise ZeroDivisionError
    assert "woken" not in heard
    assert not StoredEvent.objects.exists()


def test_outside_a_transaction_nothing_is_published(heard):
    with pytest.raises(transaction.TransactionManagementError):
        events.publish(EVENT)


def test_handing_out_twice_does_nothing_twice(heard):
    publish()
    events.deliver_pending()
    StoredEvent.objects.update(done_at=None)  # as after a crash between the handlers and the mark
    events.deliver_pending()
    assert len(heard["first"]) == len(heard["second"]) == 1


def test_one_failing_subscriber_does_not_hold_up_the_other_and_is_tried_again(heard):
    heard["broken"] = True
    publish()
    assert events.deliver_pending() == 0
    assert len(heard["first"]) == 1
    assert not Revision.objects.filter(scope__startswith="written").exists(), "its changes are rolled back"
    failed = HandledEvent.objects.get(subscriber="second")
    assert (failed.attempts, failed.error) == (1, "RuntimeError: not today")
    heard["broken"] = False
    assert events.deliver_pending() == 1
    assert len(heard["first"]) == 1
    assert len(heard["second"]) == 2


def test_a_subscriber_that_always_fails_is_given_up_and_kept_on_record(heard):
    heard["broken"] = True
    publish()
    for _ in range(events.ATTEMPTS + 3):
        events.deliver_pending()
    assert len(heard["second"]) == events.ATTEMPTS
    assert HandledEvent.objects.get(subscriber="second").attempts == events.ATTEMPTS
    assert StoredEvent.objects.get().done_at


def test_what_nobody_hears_is_not_stored():
    with transaction.atomic():
        events.publish(NobodyCares())
    assert not StoredEvent.objects.exists()


def test_an_event_of_a_plug_in_that_is_gone_does_not_stop_the_others(heard):
    from qunce.kernel import clock
    from qunce.kernel.ids import new_id

    StoredEvent.objects.create(id=new_id(), name="gone.Away", payload={}, at=clock.now())
    publish()
    assert events.deliver_pending() == 2
    assert heard["first"] == [EVENT]
