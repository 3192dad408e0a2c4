"""Quiet hours and the daily cap: they bind campaigns alone, wherever they come from, and say until when."""

from datetime import UTC, datetime, time, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from qunce.chat import actions, policies
from qunce.chat.actions import deliveries
from qunce.chat.models import Delivery, Seat
from qunce.chat.selectors import attention
from qunce.chat.stage import Planned
from qunce.chat.types import Content, DeliveryState, Manner, Purpose, Restraint
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Invalid, NotAllowed
from tests.chat import support
from tests.chat.push import OPERATOR, claimed, crowd, only_account, send, settle, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("probes")]
S = DeliveryState
NIGHT = Restraint(time(22), time(8), 2)
LATE = datetime(2026, 11, 20, 15, tzinfo=UTC)  # 23:00 in Shanghai
MORNING = datetime(2026, 11, 21, 0, tzinfo=UTC)  # 8:00 there
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def bound(groups):
    actions.set_restraint(actor=SYSTEM, community_id=groups["a"].community_id, restraint=NIGHT)
    return groups


def test_at_night_campaigns_wait_for_the_morning_and_replies_do_not(bound):
    with clock.at(LATE):
        broadcast = send()
        reply = Planned("r", bound["a"].pk, Content.of("好"), Purpose.REPLY, None, None)
        deliveries.plan(account_id=only_account().pk, planned=[reply])
        assert [claim.content.plain for claim in claimed()] == ["好"]
        assert states(broadcast) == {S.PLANNED: 3}
        waiting = set(Delivery.objects.filter(broadcast=broadcast).values_list("not_before", "reason"))
        assert waiting == {(MORNING, "Quiet hours of its community.")}
        first = Delivery.objects.filter(broadcast=broadcast).first()
        assert [(step.state, step.detail) for step in first.steps.all()] == [("planned", attention.NIGHT)]
    with clock.at(MORNING - timedelta(seconds=1)):
        assert claimed() == []
    with clock.at(MORNING):
        assert len(claimed()) == 3
        assert set(Delivery.objects.filter(broadcast=broadcast).values_list("reason", flat=True)) == {""}


def test_a_trial_waits_for_nobody(bound):
    with clock.at(LATE):
        send(manner=Manner(test=True))
        assert len(claimed()) == 3


def test_a_group_gets_so_many_a_day_over_all_broadcasts(bound):
    noon = support.NOON
    with clock.at(noon):
        for _n in range(2):
            send()
            settle(claimed(), S.SENT, external_id=f"x{_n}")
        third = send()
        assert claimed() == []
        waiting = set(Delivery.objects.filter(broadcast=third).values_list("not_before", "reason"))
        assert waiting == {(MORNING, attention.ENOUGH)}
        assert attention.waits([bound["a"].pk], noon)[bound["a"].pk] == attention.Wait(MORNING, attention.ENOUGH)
    with clock.at(MORNING):
        assert attention.waits([bound["a"].pk], MORNING) == {}
        assert len(claimed()) == 3


def test_what_failed_takes_nobodys_attention(bound):
    with clock.at(support.NOON):
        for _n in range(3):
            send()
            settle(claimed(), S.FAILED, detail="No.")
        send()
        assert len(claimed()) == 3


def test_two_of_one_claim_count_both(bound):
    with clock.at(support.NOON):
        for _n in range(3):
            send()
        taken = claimed(20)
        assert len(taken) == 6
        assert len({claim.group_id for claim in taken}) == 3


def test_who_was_tried_before_is_repeated_at_night(bound):
    with clock.at(LATE - timedelta(hours=2)):
        send()
        settle(claimed(1), S.PLANNED, detail="The line broke.", again_at=LATE)
    with clock.at(LATE):
        assert len(claimed()) == 1


def test_a_night_of_thousands_does_not_hold_up_who_is_awake(bound):
    account = only_account()
    crowd(450, bound["a"].community_id, "probe")
    awake = support.adopted(account, "!z", zone="America/New_York")["!z"]
    actions.set_restraint(actor=SYSTEM, community_id=awake.community_id, restraint=NIGHT)
    with clock.at(LATE):
        send()
        assert [claim.group_id for claim in claimed()] == [awake.pk]
        assert Delivery.objects.filter(reason=attention.NIGHT).count() == 453


def test_thousands_that_are_due_cost_a_claim_no_more_than_three(bound, django_assert_max_num_queries):
    crowd(3000, bound["a"].community_id, "probe")
    with clock.at(support.NOON):
        send()
        account = only_account()
        epoch = support.lease(account)
        with django_assert_max_num_queries(12):
            assert len(deliveries.claim(account_id=account.pk, epoch=epoch, limit=20)) == 20


@pytest.mark.django_db(transaction=True)
def test_two_accounts_in_a_group_do_not_pass_its_cap_together(groups):
    group = groups["a"]
    cap = Restraint(None, None, 1)
    actions.set_restraint(actor=SYSTEM, community_id=group.community_id, restraint=cap)
    second = support.account("probe")
    Seat.objects.create(account=second, group_id=group.pk, joined_at=clock.now())
    epochs = {key: support.lease(key) for key in (only_first(second), second)}
    for n in range(4):
        broadcast = send()
        Delivery.objects.filter(broadcast=broadcast).exclude(group_id=group.pk).delete()
        Delivery.objects.filter(broadcast=broadcast).update(account_id=[*epochs][n % 2].pk)
    barrier, taken = Barrier(2), []

    def claim(account, epoch):
        barrier.wait()
        taken.extend(deliveries.claim(account_id=account.pk, epoch=epoch, limit=5))
        connection.close()

    threads = [Thread(target=claim, args=pair) for pair in epochs.items()]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(taken) == 1
    assert Delivery.objects.filter(reason=attention.ENOUGH).count() == 3


def only_first(second):
    from qunce.chat.models import Account

    return Account.objects.exclude(pk=second.pk).get()


# ------------------------------------------------------------------ who decides
def test_a_lead_decides_and_what_makes_no_sense_is_refused(groups):
    home = groups["a"].community_id
    lead = Actor(id=4, name="Lin", grants={home: Role.LEAD})
    changed = Restraint(time(21), time(9), None, (" 烦 ", "烦"))
    actions.set_restraint(actor=lead, community_id=home, restraint=changed)
    assert attention.restraint(lead, home) == Restraint(time(21), time(9), None, ("烦",))
    with pytest.raises(NotAllowed):
        actions.set_restraint(actor=OPERATOR, community_id=home, restraint=changed)
    for wrong in (Restraint(time(1), None), Restraint(daily_cap=0), Restraint(complaints=("x" * 41,))):
        with pytest.raises(Invalid):
            actions.set_restraint(actor=lead, community_id=home, restraint=wrong)


# ------------------------------------------------------------------ when the night ends
@given(
    st.integers(0, 366 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.times(),
    st.times(),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_a_night_ends_within_a_day_and_outside_itself(now, begin, end, zone):
    rules, here = Restraint(begin, end), ZoneInfo(zone)
    until = policies.quiet_until(rules, now, here)
    if until is None:
        return
    assert timedelta() <= until - now <= timedelta(hours=25)
    assert until.astimezone(here).time() == end or until == now or _skipped(end, until, here)


def _skipped(end, until, zone):
    """Whether the clocks went forward over that time."""
    return (
        abs((datetime.combine(until.date(), end) - until.astimezone(zone).replace(tzinfo=None)).total_seconds())
        <= 86400
    )


def test_midnight_is_where_the_community_is():
    assert policies.day_begins(LATE, SHANGHAI) == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert policies.tomorrow(Restraint(None, None), LATE, SHANGHAI) == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert policies.tomorrow(NIGHT, LATE, SHANGHAI) == MORNING
