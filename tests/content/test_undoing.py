"""A decision on a suggestion is undone as long as nobody was told of it, and then never."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from qunce.chat import actions as chat
from qunce.chat.models import Delivery
from qunce.chat.types import DeliveryState
from qunce.content import actions
from qunce.content.types import SuggestionState
from qunce.kernel import clock
from qunce.kernel.actor import Role
from qunce.kernel.audit import AuditEntry
from qunce.kernel.errors import Conflict, NotAllowed
from tests.content.test_suggestions import Rooms
from tests.support import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def rooms():
    return Rooms()


def test_a_decision_is_undone_before_anybody_is_told(rooms):
    first = rooms.say("建议：每周办一次共读")
    other = rooms.say("建议：每周办一次共读", by="@li", name="李四")
    rooms.decide(first, SuggestionState.CONSIDERED, tells=False)
    row = rooms.decide(first, SuggestionState.DECLINED, "按错了")
    for made in (first, other):
        assert rooms.message(made, row).not_before == row.decided_at + timedelta(seconds=10)
    back = rooms.undo(row)
    assert (back.state, back.reason, back.decided_by_name) == (SuggestionState.CONSIDERED, "", "林芝")
    assert {rooms.message(made, row).state for made in (first, other)} == {DeliveryState.SKIPPED}
    assert AuditEntry.objects.latest("id").action == "suggestion.undone"
    with pytest.raises(Conflict, match="no longer"):
        rooms.undo(back)
    assert rooms.told(rooms.decide(first, SuggestionState.DECLINED, "按错了"))[-1].state == DeliveryState.PLANNED


def test_what_somebody_was_told_is_not_undone(rooms):
    first = rooms.say("建议：每周办一次共读")
    other = rooms.say("建议：每周办一次共读", by="@li", name="李四")
    row = rooms.decide(first, SuggestionState.DONE)
    Delivery.objects.filter(pk=rooms.message(other, row).pk).update(state=DeliveryState.CLAIMED)
    with pytest.raises(Conflict, match="no longer"):
        rooms.undo(row)
    row.refresh_from_db()
    assert row.state == SuggestionState.DONE
    assert rooms.message(first, row).state == DeliveryState.PLANNED


def test_a_decision_is_not_undone_when_its_time_is_over_or_another_was_made(rooms):
    row = rooms.say("建议：每周办一次共读")
    seen = rooms.decide(row, SuggestionState.DONE).edition
    later = rooms.decide(row, SuggestionState.PLANNED)
    with pytest.raises(Conflict):
        actions.undo_decision(actor=rooms.operator, suggestion_id=row.pk, edition=seen)
    with clock.at(clock.now() + timedelta(minutes=2)), pytest.raises(Conflict):
        rooms.undo(later)
    viewer = world.actor(world.member_of_staff(roles={rooms.home.pk: Role.SERVICE}))
    with pytest.raises(NotAllowed):
        actions.undo_decision(actor=viewer, suggestion_id=row.pk, edition=later.edition)


def test_of_decisions_in_a_row_authors_hear_the_last_and_all_are_undone_together(rooms):
    row = rooms.say("建议：每周办一次共读")
    rooms.decide(row, SuggestionState.PLANNED)
    hasty = rooms.decide(row, SuggestionState.DECLINED, "人手不够")
    rooms.decide(row, SuggestionState.DONE)
    states = [each.state for each in rooms.told(row)]
    assert states == [DeliveryState.SKIPPED, DeliveryState.SKIPPED, DeliveryState.PLANNED]
    row.refresh_from_db()
    assert rooms.undo(row).state == SuggestionState.NEW
    assert hasty.edition < row.edition
    assert {each.state for each in rooms.told(row)} == {DeliveryState.SKIPPED}


@pytest.mark.django_db(transaction=True)
def test_of_undoing_and_telling_at_once_one_happens(rooms):
    row = rooms.decide(rooms.say("建议：每周办一次共读"), SuggestionState.DONE)
    barrier, undone = Barrier(2), []

    def undo():
        try:
            barrier.wait()
            undone.append(bool(rooms.undo(row)))
        except Conflict:
            undone.append(False)
        finally:
            connection.close()

    def tell():
        try:
            with clock.at(row.decided_at + timedelta(seconds=11)):
                barrier.wait()
                chat.claim(account_id=rooms.account.pk, epoch=rooms.epoch, limit=10)
        finally:
            connection.close()

    both = [Thread(target=undo), Thread(target=tell)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    row.refresh_from_db()
    assert undone == [row.state == SuggestionState.NEW]
    assert rooms.told(row)[-1].state == (DeliveryState.SKIPPED if undone[0] else DeliveryState.CLAIMED)
