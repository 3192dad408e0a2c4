"""The ledger: nothing is sent twice, nothing is lost, whatever is interrupted, and by whom."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from qunce.chat import actions as chat
from qunce.chat import policies
from qunce.chat.models import Delivery, DeliveryStep, Lease
from qunce.chat.stage import Planned
from qunce.chat.types import Capabilities, Content, DeliveryState, Pace, Purpose, Reads, Replay
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, NotAllowed, NotFound
from tests.chat.support import account, adopted, lease, live, said

pytestmark = pytest.mark.django_db(transaction=True)
S = DeliveryState
PACE = Pace(1000, 1000, 1000, 1000)
REPEATABLE = Capabilities(replay=Replay.CURSOR, reads=Reads.ALL, pace=PACE, idempotent_hours=20)
ONE_SHOT = Capabilities(replay=Replay.NONE, reads=Reads.ALL, pace=PACE)


@pytest.fixture(autouse=True)
def no_stages(settings):
    from qunce.chat.actions.ingest import stages
    from qunce.chat.actions.recognition import memory

    settings.INBOUND_STAGES = []
    stages.cache_clear()
    memory.forget()
    yield
    stages.cache_clear()


def plan(made, group, *keys, purpose=Purpose.CAMPAIGN, not_after=None):
    with transaction.atomic():
        return chat.plan(
            account_id=made.pk,
            planned=[Planned(key, group.pk, Content.of(key), purpose, None, not_after) for key in keys],
        )


@pytest.fixture
def world():
    made = account()
    return made, adopted(made, "!a")["!a"]


def outcome(claimed, state, **more):
    return chat.Outcome(claimed.id, state, **more)


def test_a_key_is_planned_once(world):
    made, group = world
    assert plan(made, group, "x", "y") == 2
    assert plan(made, group, "y", "z") == 1
    assert Delivery.objects.count() == 3


def test_replies_go_before_campaigns_and_waiting_groups_are_left_out(world):
    made, group = world
    other = adopted(made, "!b")["!b"]
    plan(made, group, "campaign")
    plan(made, group, "reply", purpose=Purpose.REPLY)
    plan(made, other, "elsewhere", purpose=Purpose.REPLY)
    epoch = lease(made)
    claims = chat.claim(account_id=made.pk, epoch=epoch, limit=10, waiting=[other.pk])
    assert [claimed.content.plain for claimed in claims] == ["reply", "campaign"]


def test_too_late_is_skipped_with_the_reason(world):
    made, group = world
    plan(made, group, "brief", not_after=clock.now() - timedelta(seconds=1))
    assert chat.claim(account_id=made.pk, epoch=lease(made), limit=10) == []
    skipped = Delivery.objects.get()
    assert skipped.state == S.SKIPPED
    assert "Too late" in skipped.reason


def test_too_late_after_an_attempt_that_may_have_arrived_is_unknown(world):
    made, group = world
    plan(made, group, "brief", not_after=clock.now() + timedelta(hours=1))
    epoch = lease(made)
    (claimed,) = chat.claim(account_id=made.pk, epoch=epoch, limit=1)
    chat.settle(account_id=made.pk, epoch=epoch, outcomes=[outcome(claimed, S.PLANNED, detail="timeout")])
    Delivery.objects.update(not_after=clock.now() - timedelta(seconds=1))
    assert chat.claim(account_id=made.pk, epoch=epoch, limit=1) == []
    assert Delivery.objects.get().state == S.UNKNOWN


def test_history_tells_every_step(world):
    made, group = world
    plan(made, group, "x")
    epoch = lease(made)
    (claimed,) = chat.claim(account_id=made.pk, epoch=epoch, limit=1)
    chat.settle(account_id=made.pk, epoch=epoch, outcomes=[outcome(claimed, S.PLANNED, detail="slow down")])
    (claimed,) = chat.claim(account_id=made.pk, epoch=epoch, limit=1)
    chat.settle(account_id=made.pk, epoch=epoch, outcomes=[outcome(claimed, S.SENT, external_id="$1")])
    chat.want_recall(ids=[claimed.id])
    (recall,) = chat.claim_recalls(account_id=made.pk, epoch=epoch, limit=1)
    chat.settle(account_id=made.pk, epoch=epoch, outcomes=[], recalls=chat.RecallOutcomes(done=[recall.id]))
    assert recall.external_id == "$1"
    steps = list(DeliveryStep.objects.order_by("id").values_list("state", "detail"))
    assert steps == [("claimed", ""), ("planned", "slow down"), ("claimed", ""), ("sent", ""), ("recalled", "")]


@pytest.mark.parametrize(
    ("capabilities", "hours", "expected"),
    [
        (REPEATABLE, 0, S.PLANNED),
        (REPEATABLE, 21, S.UNKNOWN),
        (ONE_SHOT, 0, S.UNKNOWN),
    ],
)
def test_what_a_dead_gateway_had_claimed(world, capabilities, hours, expected):
    made, group = world
    plan(made, group, "x")
    chat.claim(account_id=made.pk, epoch=lease(made, "dead"), limit=1)
    Delivery.objects.update(first_claimed_at=clock.now() - timedelta(hours=hours))
    epoch = lease(made, "next")
    chat.take_over(account_id=made.pk, epoch=epoch, capabilities=capabilities)
    assert Delivery.objects.get().state == expected


def test_the_former_holder_cannot_settle_what_the_next_has_claimed(world):
    made, group = world
    plan(made, group, "x")
    old = lease(made, "old")
    (claimed,) = chat.claim(account_id=made.pk, epoch=old, limit=1)
    new = lease(made, "new")
    chat.take_over(account_id=made.pk, epoch=new, capabilities=REPEATABLE)
    (again,) = chat.claim(account_id=made.pk, epoch=new, limit=1)
    assert again.id == claimed.id
    chat.settle(account_id=made.pk, epoch=old, outcomes=[outcome(claimed, S.FAILED, detail="late verdict")])
    assert Delivery.objects.get().state == S.CLAIMED


def test_an_echo_settles_what_was_unknown(world):
    made, group = world
    plan(made, group, "x")
    (claimed,) = chat.claim(account_id=made.pk, epoch=lease(made, "dead"), limit=1)
    chat.take_over(account_id=made.pk, epoch=lease(made, "next"), capabilities=ONE_SHOT)
    assert Delivery.objects.get().state == S.UNKNOWN
    live(made, said("!a", "x", by=made.external_id, key="$echo", delivery_id=str(claimed.id)))
    settled = Delivery.objects.get()
    assert (settled.state, settled.external_id) == (S.SENT, "$echo")


def test_somebody_elses_message_settles_nothing(world):
    made, group = world
    plan(made, group, "x")
    (claimed,) = chat.claim(account_id=made.pk, epoch=lease(made), limit=1)
    live(made, said("!a", "x", by="@mallory", delivery_id=str(claimed.id)), said("!a", "y", delivery_id="no uuid"))
    assert Delivery.objects.get().state == S.CLAIMED


def test_two_gateways_on_one_account_never_claim_the_same(world):
    """Forced interleaving: the second takes the lease over while the first is inside its claim."""
    made, group = world
    plan(made, group, *[f"m{n}" for n in range(10)])
    first = lease(made, "first")
    claimed_inside, may_commit = threading.Event(), threading.Event()
    results = {}

    def hold_the_claim_open():
        with transaction.atomic():
            results["first"] = chat.claim(account_id=made.pk, epoch=first, limit=4)
            claimed_inside.set()
            may_commit.wait(5)
        connection.close()

    def take_over():
        claimed_inside.wait(5)
        epoch = lease(made, "second")  # waits for the first one's transaction
        chat.take_over(account_id=made.pk, epoch=epoch, capabilities=ONE_SHOT)
        results["second"] = chat.claim(account_id=made.pk, epoch=epoch, limit=10)
        connection.close()

    threads = [threading.Thread(target=hold_the_claim_open), threading.Thread(target=take_over)]
    for thread in threads:
        thread.start()
    claimed_inside.wait(5)
    threads[1].join(0.5)
    assert "second" not in results, "the takeover must wait for the claim that is being committed"
    may_commit.set()
    for thread in threads:
        thread.join(10)
    mine, theirs = ({each.id for each in results[name]} for name in ("first", "second"))
    assert len(mine) == 4
    assert len(theirs) == 6
    assert not mine & theirs
    with pytest.raises(chat.LeaseLostError):
        chat.claim(account_id=made.pk, epoch=first, limit=1)
    assert set(Delivery.objects.filter(state=S.UNKNOWN).values_list("id", flat=True)) == mine


def test_a_lease_is_taken_over_only_when_it_has_run_out():
    made = account()
    assert dict(chat.acquire_leases(holder="a", room_for=5))[made.pk] == 1
    assert made.pk not in dict(chat.acquire_leases(holder="b", room_for=5))
    assert chat.renew_leases(holder="a") == {made.pk: 1}
    Lease.objects.update(until=clock.now() - timedelta(seconds=1))
    assert chat.renew_leases(holder="a") == {}
    assert dict(chat.acquire_leases(holder="b", room_for=5))[made.pk] == 2
    chat.release_leases(holder="b", account_ids=[made.pk])
    assert dict(chat.acquire_leases(holder="a", room_for=5))[made.pk] == 3


def test_a_person_settles_the_unknown_once(world):
    made, group = world
    plan(made, group, "x")
    (claimed,) = chat.claim(account_id=made.pk, epoch=lease(made, "dead"), limit=1)
    chat.take_over(account_id=made.pk, epoch=lease(made, "next"), capabilities=ONE_SHOT)
    stranger = Actor(7, "路人", {group.community_id + 1: Role.OWNER})
    viewer = Actor(8, "看客", {group.community_id: Role.VIEWER})
    with pytest.raises(NotFound):
        chat.settle_unknown(actor=stranger, delivery_id=claimed.id, verdict="arrived")
    with pytest.raises(NotAllowed):
        chat.settle_unknown(actor=viewer, delivery_id=claimed.id, verdict="arrived")
    chat.settle_unknown(actor=SYSTEM, delivery_id=claimed.id, verdict="again")
    assert Delivery.objects.get().state == S.PLANNED
    with pytest.raises(Conflict):
        chat.settle_unknown(actor=SYSTEM, delivery_id=claimed.id, verdict="arrived")


def test_recall_wanted_while_sending_happens_after(world):
    made, group = world
    plan(made, group, "x")
    epoch = lease(made)
    (claimed,) = chat.claim(account_id=made.pk, epoch=epoch, limit=1)
    assert chat.want_recall(ids=[claimed.id]) == 1
    assert chat.claim_recalls(account_id=made.pk, epoch=epoch, limit=5) == []
    chat.settle(account_id=made.pk, epoch=epoch, outcomes=[outcome(claimed, S.SENT, external_id="$1")])
    assert [each.id for each in chat.claim_recalls(account_id=made.pk, epoch=epoch, limit=5)] == [claimed.id]


STEPS = st.lists(
    st.sampled_from(
        ["claim", "sent", "failed", "again", "unknown", "crash", "withdraw", "recall", "recalled", "retry"]
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS, repeatable=st.booleans())
def test_no_sequence_of_events_sends_twice(steps, repeatable):
    """Whatever happens in whatever order: the wire sees a one-shot delivery at most once unless a person asks again."""
    made = account()
    group = adopted(made, f"!{made.pk}")[f"!{made.pk}"]
    plan(made, group, f"k{made.pk}")
    row = Delivery.objects.get(key=f"k{made.pk}")
    capabilities = REPEATABLE if repeatable else ONE_SHOT
    epoch, wire, claimed = lease(made), 0, None
    for step in steps:
        before = Delivery.objects.get(pk=row.pk).state
        match step:
            case "claim":
                if claims := chat.claim(account_id=made.pk, epoch=epoch, limit=1):
                    claimed, wire = claims[0], wire + 1
            case "crash":
                epoch, claimed = lease(made), None
                chat.take_over(account_id=made.pk, epoch=epoch, capabilities=capabilities)
            case "withdraw":
                with transaction.atomic():
                    chat.withdraw(ids=[row.pk], reason="stopped")
            case "retry":
                with transaction.atomic():
                    if before == S.FAILED:
                        wire -= 1 if chat.plan_again(ids=[row.pk]) else 0
            case "recall":
                chat.want_recall(ids=[row.pk])
            case "recalled":
                done = [each.id for each in chat.claim_recalls(account_id=made.pk, epoch=epoch, limit=1)]
                chat.settle(account_id=made.pk, epoch=epoch, outcomes=[], recalls=chat.RecallOutcomes(done=done))
            case _ if claimed:
                state = {"sent": S.SENT, "failed": S.FAILED, "again": S.PLANNED, "unknown": S.UNKNOWN}[step]
                chat.settle(account_id=made.pk, epoch=epoch, outcomes=[outcome(claimed, state, external_id="$1")])
                wire -= 1 if state is S.PLANNED and before == S.CLAIMED else 0  # nothing was sent
                claimed = None
            case _:
                continue
        after = DeliveryState(Delivery.objects.get(pk=row.pk).state)
        assert after == before or policies.may_become(DeliveryState(before), after) or step == "crash"
        if before in {S.SENT, S.RECALLED, S.SKIPPED}:
            assert after in {before, S.RECALLED}
    if not repeatable:
        assert wire <= 1
    assert isinstance(row.pk, UUID)


# ------------------------------------------------------------------ pace
def test_the_pace_is_kept_in_the_long_run_and_bursts_are_used():
    pacer = policies.Pacer(Pace(per_second=2, burst=3, chat_per_second=1, chat_burst=1))
    now, sent = 100.0, []
    while now < 110:
        if pacer.wait(now) == 0:
            pacer.take(group_id=len(sent), now=now)
            sent.append(now)
        now += 0.01
    assert sent[2] < 100.05
    assert 3 + 2 * 10 - 1 <= len(sent) <= 3 + 2 * 10 + 1


@given(st.lists(st.floats(0, 50), min_size=1, max_size=60))
def test_the_pace_is_never_exceeded(moments):
    pacer = policies.Pacer(Pace(per_second=1, burst=4, chat_per_second=1, chat_burst=4))
    sent = []
    for moment in sorted(moments):
        if pacer.wait(moment) == 0:
            pacer.take(1, moment)
            sent.append(moment)
    for index, start in enumerate(sent):
        for end in range(index, len(sent)):
            assert end - index + 1 <= 4 + (sent[end] - start) * 1 + 1e-6


@given(st.lists(st.floats(0, 400), min_size=1, max_size=150))
def test_no_minute_holds_more_than_a_chat_may_get(moments):
    pacer = policies.Pacer(Pace(1000, 1000, chat_per_second=1, chat_burst=2, chat_per_minute=5))
    sent = []
    for moment in sorted(moments):
        if pacer.waiting_chats(moment).get(1, 0) == 0:
            pacer.take(1, moment)
            sent.append(moment)
    for first, sixth in zip(sent, sent[5:], strict=False):
        assert sixth - first >= 60 - 1e-6
    if sent:
        assert pacer.chat_wait(1, sent[-1] + 60) == 0


def test_the_minute_is_used_up_and_relearned_and_concerns_one_chat():
    pace = Pace(1000, 1000, chat_per_second=1, chat_burst=5, chat_per_minute=5)
    pacer, again = policies.Pacer(pace), policies.Pacer(pace)
    pacer.replay([(100.0 + n, 1) for n in range(5)])
    assert pacer.chat_wait(1, 110.0) == pytest.approx(50.0)
    assert pacer.waiting_chats(110.0) == {1: pytest.approx(50.0)}
    assert pacer.chat_wait(2, 110.0) == 0
    assert pacer.waiting_chats(160.0) == {}
    pacer.take(1, 160.0)
    assert pacer.chat_wait(1, 161.0) == 0
    assert again.chat_wait(1, 110.0) == 0


def test_a_chat_waits_alone():
    pacer = policies.Pacer(Pace(per_second=100, burst=100, chat_per_second=1, chat_burst=1))
    pacer.take(1, 10.0)
    assert pacer.chat_wait(1, 10.0) == pytest.approx(1.0)
    assert pacer.chat_wait(2, 10.0) == 0
    assert pacer.waiting_chats(10.5) == {1: pytest.approx(0.5)}
    assert pacer.waiting_chats(11.5) == {}


def test_what_the_platform_demands_is_obeyed():
    pacer = policies.Pacer(Pace(per_second=100, burst=100, chat_per_second=100, chat_burst=100))
    pacer.pause(5, 10.0)
    assert pacer.wait(12.0) == pytest.approx(3.0)
    pacer.pause(9, 12.0, group_id=3)
    assert pacer.chat_wait(3, 12.0) == pytest.approx(9.0)
    assert pacer.wait(15.1) == 0


def test_the_pace_is_relearned_from_the_ledger():
    pacer = policies.Pacer(Pace(per_second=0.2, burst=10, chat_per_second=1, chat_burst=1))
    pacer.replay([(100.0 + n * 0.1, n) for n in range(10)])
    assert pacer.wait(101.0) > 3
