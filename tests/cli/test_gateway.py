"""The gateway with a scripted wire: what each answer of a platform does to the ledger, and how arrivals become batches."""

import asyncio
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from qunce.chat import actions as chat
from qunce.chat.connector import Ambiguous, Connector, NeedsOperator, Permanent, Retry
from qunce.chat.models import Account, Delivery, Message, Seat, SetAside
from qunce.chat.stage import Planned
from qunce.chat.types import (
    Arrival,
    Capabilities,
    Checked,
    Content,
    DeliveryState,
    HistoryPage,
    Pace,
    Purpose,
    ReadHistory,
    Reads,
    Recall,
    Replay,
    Sender,
    Sent,
    SetNotice,
)
from qunce.cli.gateway import database
from qunce.cli.gateway.reading import MOST, Reading, batches
from qunce.cli.gateway.sending import Sending
from qunce.kernel import clock
from tests.chat.support import NOON, account, adopted, lease, minutes, said

pytestmark = pytest.mark.django_db(transaction=True)
S = DeliveryState
PACE = Pace(1000, 1000, 1000, 1000)


@pytest.fixture(autouse=True)
def no_stages(settings):
    from qunce.chat.actions.ingest import stages
    from qunce.chat.actions.recognition import memory

    settings.INBOUND_STAGES = []
    stages.cache_clear()
    memory.forget()
    yield
    stages.cache_clear()


class Nothing(BaseModel):
    pass


def wire(*answers, idempotent_hours=20.0, echoes=False, pages=(), arrivals=()):
    """A connector that answers as told, then "sent"; it notes what reached it."""

    class Wire(Connector):
        title, Config = "Wire", Nothing
        capabilities = Capabilities(
            replay=Replay.CURSOR,
            reads=Reads.ALL,
            pace=PACE,
            idempotent_hours=idempotent_hours,
            echoes=echoes,
            performs=frozenset({Recall, ReadHistory, SetNotice}),
        )

        def __init__(self):
            self.reached, self.script, self.asked = [], list(answers), []

        async def check(self):
            return Checked("@us", "us")

        def parse(self, raw):
            return raw

        async def listen(self, cursor):
            for arrival in arrivals:
                yield arrival
            await asyncio.sleep(60)

        async def send(self, outbound):
            answer = self.script.pop(0) if self.script else None
            if isinstance(answer, Exception):
                raise answer
            self.reached.append(outbound.content.plain)
            return Sent(f"$sent{len(self.reached)}")

        async def perform(self, operation):
            self.asked.append(operation)
            if type(operation).__name__ == "ReadHistory":
                return pages[len(self.asked) - 1]
            answer = self.script.pop(0) if self.script else None
            if isinstance(answer, Exception):
                raise answer

    return Wire()


def plan(made, group, *texts):
    with transaction.atomic():
        chat.plan(
            account_id=made.pk,
            planned=[Planned(text, group.pk, Content.of(text), Purpose.CAMPAIGN, None, None) for text in texts],
        )


def run_sending(made, connector, until, seconds=30.0):
    """Let the account send until ``until()`` (asked in a thread) is true."""
    epoch = lease(made)

    async def go():
        sending = Sending(made.pk, epoch, connector, Sender("@us", "群秘书", is_bot=True))
        task = asyncio.create_task(sending.run())
        try:
            async with asyncio.timeout(seconds):
                while not await database.once(until):
                    assert not task.done(), task.result()
                    sending.wake()
                    await asyncio.sleep(0.02)
        finally:
            await sending.finish()
            task.cancel()

    asyncio.run(go())


def states():
    return sorted(Delivery.objects.values_list("state", flat=True))


@pytest.fixture
def world():
    made = account(external_id="@us")
    return made, adopted(made, "!a", "!b")


def settled():
    return not Delivery.objects.filter(state__in=["planned", "claimed"]).exists()


def test_what_is_sent_is_shown_in_the_group_where_the_wire_does_not_echo(world):
    made, groups = world
    plan(made, groups["!a"], "早安")
    run_sending(made, wire(), settled)
    delivery, message = Delivery.objects.get(), Message.objects.get()
    assert (delivery.state, delivery.external_id) == (S.SENT, "$sent1")
    assert (message.text, message.from_us, message.external_id) == ("早安", True, "$sent1")


def test_a_notice_is_set_and_shown_where_the_wire_does_not_echo(world):
    made, groups = world
    operation = SetNotice("!a", "每周一本书")
    planned = Planned("n", groups["!a"].pk, Content.of("每周一本书"), Purpose.SERVICE, None, None, operation)
    with transaction.atomic():
        chat.plan(account_id=made.pk, planned=[planned])
    connector = wire()
    run_sending(made, connector, settled)
    assert connector.asked == [operation]
    assert states() == [S.SENT]
    groups["!a"].refresh_from_db()
    assert groups["!a"].topic == "每周一本书"
    assert not Message.objects.exists()


def test_an_echoing_wire_shows_it_itself(world):
    made, groups = world
    plan(made, groups["!a"], "早安")
    run_sending(made, wire(echoes=True), settled)
    assert not Message.objects.exists()


def test_refused_for_good_is_failed_and_the_next_one_goes(world):
    made, groups = world
    plan(made, groups["!a"], "一")
    plan(made, groups["!b"], "二")
    run_sending(made, wire(Permanent("muted by the owner"), idempotent_hours=0), settled)
    assert states() == ["failed", "sent"]
    assert Delivery.objects.get(state="failed").reason == "muted by the owner"


def test_not_now_is_obeyed_and_nothing_is_lost(world):
    made, groups = world
    plan(made, groups["!a"], "一")
    connector = wire(Retry(0.4, "slow down"))
    run_sending(made, connector, settled)
    assert connector.reached == ["一"]
    steps = list(Delivery.objects.get().steps.order_by("id").values_list("state", "detail"))
    assert ("planned", "slow down") in steps


def test_ambiguous_is_repeated_only_where_the_platform_recognises_it(world):
    made, groups = world
    plan(made, groups["!a"], "一")
    connector = wire(Ambiguous("timeout"), idempotent_hours=0)
    run_sending(made, connector, settled)
    assert connector.reached == []
    assert states() == ["unknown"]
    Delivery.objects.all().delete()
    plan(made, groups["!a"], "二")
    connector = wire(Ambiguous("timeout"))
    run_sending(made, connector, settled)
    assert connector.reached == ["二"]
    assert states() == ["sent"]


def test_after_a_long_break_nothing_is_repeated(world):
    made, groups = world
    plan(made, groups["!a"], "昨天的")
    Delivery.objects.update(first_claimed_at=clock.now() - timedelta(hours=21), attempts=1)
    connector = wire()
    run_sending(made, connector, settled)
    assert connector.reached == []
    assert states() == ["unknown"]


def test_any_other_error_counts_as_ambiguous(world):
    made, groups = world
    plan(made, groups["!a"], "一")
    run_sending(made, wire(KeyError("bug in a plug-in"), idempotent_hours=0), settled)
    assert states() == ["unknown"]
    assert "bug in a plug-in" in Delivery.objects.get().reason


def test_an_account_that_needs_its_operator_says_so_and_loses_nothing(world):
    made, groups = world
    plan(made, groups["!a"], "一")
    run_sending(made, wire(NeedsOperator("signed out")), lambda: Account.objects.get(pk=made.pk).state == "trouble")
    assert Account.objects.get(pk=made.pk).detail == "signed out"
    waiting = Delivery.objects.get()
    assert waiting.state == S.PLANNED
    assert waiting.not_before > clock.now() + timedelta(seconds=30)


def test_recall_takes_the_message_out_of_the_group(world):
    made, groups = world
    plan(made, groups["!a"], "发错了")
    connector = wire()
    run_sending(made, connector, settled)
    chat.want_recall(ids=[Delivery.objects.get().pk])
    run_sending(made, connector, lambda: states() == ["recalled"])
    gone = Message.objects.get()
    assert gone.deleted_at
    assert gone.text == ""


def test_a_recall_that_is_refused_says_why_and_is_not_tried_for_ever(world):
    made, groups = world
    plan(made, groups["!a"], "太久了")
    connector = wire()
    run_sending(made, connector, settled)
    chat.want_recall(ids=[Delivery.objects.get().pk])
    connector.script = [Permanent("older than two minutes")]
    run_sending(made, connector, lambda: bool(Delivery.objects.get().recall_error))
    kept = Delivery.objects.get()
    assert (kept.state, kept.recall_error, kept.recall_wanted_at) == (S.SENT, "older than two minutes", None)


def test_messages_of_one_chat_stay_in_order(world):
    made, groups = world
    texts = [f"第 {n} 条" for n in range(30)]
    plan(made, groups["!a"], *texts)
    connector = wire()
    run_sending(made, connector, settled)
    assert connector.reached == texts


def test_a_lost_lease_ends_the_sending(world):
    made, groups = world
    plan(made, groups["!a"], "一")

    async def go():
        sending = Sending(made.pk, await database.once(lease, made, "one"), wire(), Sender("@us"))
        await database.once(lease, made, "two")
        with pytest.raises(chat.LeaseLostError):
            await sending.run()

    asyncio.run(go())
    assert states() == ["planned"]


# ------------------------------------------------------------------ the way in
@given(st.lists(st.tuples(st.integers(0, 3 * MOST), st.booleans()), max_size=8))
def test_a_cursor_never_runs_ahead_of_its_events(sizes):
    arrivals = [
        Arrival([(index, n) for n in range(size)], cursor=str(index) if has_cursor else None)
        for index, (size, has_cursor) in enumerate(sizes)
    ]
    flat = [event for arrival in arrivals for event in arrival.events]
    seen = []
    for batch in batches(arrivals, 1, 1):
        assert len(batch.events) <= MOST
        seen += batch.events
        if batch.cursor is not None:
            covered = [event for event in flat if event[0] <= int(batch.cursor)]
            assert seen[: len(covered)] == covered
    assert seen == flat
    cursors = [arrival.cursor for arrival in arrivals if arrival.cursor]
    if cursors:
        assert [batch.cursor for batch in batches(arrivals, 1, 1) if batch.cursor][-1] == cursors[-1]


def run_reading(made, connector, until, *jobs):
    epoch = lease(made)

    async def go():
        reading = Reading(made.pk, epoch, connector, lambda: None)
        tasks = [asyncio.create_task(getattr(reading, job)()) for job in jobs]
        try:
            async with asyncio.timeout(30):
                while not await database.once(until):
                    assert not any(task.done() for task in tasks)
                    await asyncio.sleep(0.02)
        finally:
            for task in tasks:
                task.cancel()

    asyncio.run(go())


def test_what_arrives_is_stored_with_its_cursor(world):
    made, _groups = world
    arrivals = [
        Arrival([said("!a", "一")], "s1", unreadable=[({"odd": "\x00"}, "no sender")]),
        Arrival([said("!b", "二")], "s2"),
    ]
    connector = wire(arrivals=arrivals)
    from qunce.chat.models import Lease

    run_reading(made, connector, lambda: Lease.objects.get(account=made).cursor == "s2", "listen", "store")
    assert Message.objects.count() == 2
    assert SetAside.objects.get().error == "no sender"


def test_the_past_is_read_back_page_by_page_and_nothing_reacts(world):
    made, groups = world
    Seat.objects.exclude(group_id=groups["!a"].pk).update(backfill="")
    Seat.objects.filter(group_id=groups["!a"].pk).update(backfill="wanted")
    pages = [
        HistoryPage([said("!a", f"旧 {n}", at=NOON - minutes(n)) for n in range(5)], before="p2"),
        HistoryPage([said("!a", f"更旧 {n}", at=NOON - minutes(10 + n)) for n in range(3)], before=None),
    ]
    connector = wire(pages=pages)
    done = lambda: Seat.objects.get(group_id=groups["!a"].pk).backfill == "done"  # noqa: E731
    run_reading(made, connector, done, "read_back")
    assert [operation.before for operation in connector.asked] == [None, "p2"]
    assert Message.objects.count() == 8
    assert Seat.objects.get(group_id=groups["!a"].pk).backfilled == 8


def test_what_may_be_done_twice_is_tried_until_the_database_answers():
    calls = []

    def away_at_first():
        calls.append(1)
        if len(calls) < 3:
            raise OperationalError("the server closed the connection")
        return "there"

    assert asyncio.run(database.surely(away_at_first)) == "there"
    assert len(calls) == 3
