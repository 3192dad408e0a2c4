"""Broadcasts to more groups than a community lets go out without a lead: held, then sent as they were seen, or never."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from qunce.chat import actions
from qunce.chat.actions.waves import advance
from qunce.chat.models import Delivery, Schedule
from qunce.chat.selectors import attention, broadcasts
from qunce.chat.types import Consent, DeliveryState, Manner, Restraint, Selection, Waves
from qunce.kernel import clock, events
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.team import actions as team
from qunce.team import selectors as staff
from qunce.team.models import Approval
from tests.chat.push import send, states, texts
from tests.chat.test_schedules import DAILY, FIRST, at, planned
from tests.support import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("probes")]
S = DeliveryState


@pytest.fixture
def people(groups):
    """A lead and an operator of the groups' community, in which two groups need nobody's yes."""
    home = groups["a"].community_id
    bound = Restraint(None, None, None, consent_above=2)
    actions.set_restraint(actor=SYSTEM, community_id=home, restraint=bound)
    lead = world.actor(world.member_of_staff("何欢", roles={home: Role.LEAD}))
    return lead, world.actor(world.member_of_staff("陈默", roles={home: Role.OPERATOR}))


def decide(actor, approve, reason=""):
    """The answer to the only question, and what follows from it."""
    asked = Approval.objects.get(state="waiting")
    team.decide_approval(actor=actor, approval_id=asked.pk, approve=approve, reason=reason)
    deliver()


def deliver():
    events.deliver_pending()


def test_what_was_seen_is_what_goes_out_once_a_lead_agrees(groups, people):
    lead, operator = people
    broadcast = send(actor=operator)
    assert states(broadcast) == {S.HELD: 3}
    assert broadcast.consent == Consent.WAITING
    asked = Approval.objects.get()
    assert asked.sentence % asked.params == "陈默 wants to send “Hello {group}” to 3 groups"
    assert (asked.url, asked.permission) == (f"/broadcasts/{broadcast.pk}/", "lead")
    seen = texts(broadcast)
    with pytest.raises(NotAllowed):
        team.decide_approval(actor=operator, approval_id=asked.pk, approve=True)
    assert broadcasts.under_way(operator) == []
    decide(lead, approve=True)
    assert states(broadcast) == {S.PLANNED: 3}
    assert texts(broadcast) == seen
    assert len(broadcasts.under_way(operator)) == 1


def test_a_no_is_for_good(people):
    lead, operator = people
    broadcast = send(actor=operator)
    decide(lead, approve=False, reason="写得太急")
    assert states(broadcast) == {S.SKIPPED: 3}
    for action in (actions.stop_broadcast, actions.resume_broadcast, actions.retry_failed, actions.recall_broadcast):
        with pytest.raises(Conflict, match="was not approved"):
            action(actor=lead, broadcast_id=broadcast.pk)
    actions.settle_broadcast(broadcast_id=broadcast.pk, approved=True)  # an answer that comes twice changes nothing
    assert states(broadcast) == {S.SKIPPED: 3}


def test_nothing_else_lets_it_go_while_it_waits(people):
    _lead, operator = people
    broadcast = send(actor=operator, manner=Manner(waves=Waves(first=1, pause=1)))
    for action in (actions.stop_broadcast, actions.resume_broadcast, actions.retry_failed, actions.recall_broadcast):
        with pytest.raises(Conflict, match="waits for approval"):
            action(actor=operator, broadcast_id=broadcast.pk)
    with clock.at(clock.now() + timedelta(hours=1)):
        assert not actions.look_after_waves()
    assert states(broadcast) == {S.HELD: 3}
    team.withdraw_approval(actor=operator, approval_id=Approval.objects.get().pk)
    deliver()
    assert states(broadcast) == {S.SKIPPED: 3}


def test_waves_begin_with_the_consent(people):
    lead, operator = people
    broadcast = send(actor=operator, manner=Manner(waves=Waves(first=1, pause=10)))
    with clock.at(clock.now() + timedelta(hours=2)):
        decide(lead, approve=True)
        assert states(broadcast) == {S.PLANNED: 1, S.HELD: 2}
        assert not advance(broadcast_id=broadcast.pk)
        Delivery.objects.filter(broadcast=broadcast, state=S.PLANNED).update(state=S.SENT)
    with clock.at(clock.now() + timedelta(hours=2, minutes=11)):
        assert advance(broadcast_id=broadcast.pk)


def test_who_needs_nobody(groups, people):
    lead, operator = people
    assert states(send(actor=lead)) == {S.PLANNED: 3}
    few = Selection(group_ids=(groups["a"].pk, groups["b"].pk))
    assert states(send(actor=operator, selection=few)) == {S.PLANNED: 2}
    assert states(send(actor=operator, manner=Manner(test=True))) == {S.PLANNED: 3}
    home = groups["a"].community_id
    actions.set_restraint(actor=SYSTEM, community_id=home, restraint=Restraint(None, None, None))
    assert states(send(actor=operator)) == {S.PLANNED: 3}
    assert not Approval.objects.exists()


def test_the_strictest_of_several_communities_counts(groups, people):
    _lead, operator = people
    home, other = groups["a"].community_id, world.a_community().pk
    for place, bound in ((home, 5), (other, 3)):
        rules = Restraint(None, None, None, consent_above=bound)
        actions.set_restraint(actor=SYSTEM, community_id=place, restraint=rules)
    for count, passed in ((3, None), (4, 3), (6, 3)):
        assert attention.consent_above(operator, [home, other], count) == passed
    with pytest.raises(Invalid):
        actions.set_restraint(actor=SYSTEM, community_id=home, restraint=Restraint(None, None, consent_above=0))


def test_a_planned_one_waits_once_for_all_its_times(people):
    lead, operator = people
    schedule = planned(DAILY, actor=operator)
    assert schedule.consent == Consent.WAITING
    with pytest.raises(Conflict, match="waits for approval"):
        actions.cancel_schedule(actor=operator, schedule_id=schedule.pk)
    at(FIRST)
    assert not schedule.broadcasts.exists()
    with clock.at(FIRST):
        decide(lead, approve=True)
    at(FIRST)
    at(FIRST + timedelta(days=1))
    assert [states(each) for each in schedule.broadcasts.all()] == [{S.PLANNED: 3}] * 2
    assert Approval.objects.count() == 1


def test_a_planned_one_that_is_refused_or_not_answered_never_goes(people):
    lead, operator = people
    refused, late = planned(DAILY, actor=operator), None
    with clock.at(FIRST - timedelta(days=1)):
        decide(lead, approve=False, reason="不合适")
    late = planned(actor=operator)  # once, tomorrow at eight
    at(FIRST + timedelta(hours=2))
    with clock.at(FIRST + timedelta(hours=2)):
        team.expire_approvals()
        deliver()
    at(FIRST + timedelta(days=1))
    for schedule in (refused, late):
        schedule.refresh_from_db()
        assert (schedule.consent, schedule.next_at) == (Consent.REFUSED, None)
        assert not schedule.broadcasts.exists()
    assert Schedule.objects.filter(cancelled_at__isnull=False).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_yes_and_a_no_at_once_have_one_winner(people):
    lead, operator = people
    broadcast = send(actor=operator)
    asked, both = Approval.objects.get(), Barrier(2)
    lost = []

    def answer(approve):
        both.wait()
        try:
            team.decide_approval(actor=lead, approval_id=asked.pk, approve=approve, reason="不")
        except Conflict as error:
            lost.append(error)
        connection.close()

    threads = [Thread(target=answer, args=(approve,)) for approve in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver()
    assert len(lost) == 1
    won = staff.one_approval(SYSTEM, asked.pk).state
    assert states(broadcast) == ({S.PLANNED: 3} if won == "approved" else {S.SKIPPED: 3})
