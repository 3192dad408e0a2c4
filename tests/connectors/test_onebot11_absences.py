"""A QQ account that is not always connected: what an absence leaves, and what the ledger makes of lost answers."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from qunce.chat import actions as chat
from qunce.chat import selectors
from qunce.chat.connector import Retry
from qunce.chat.connectors import _onebot11_reading
from qunce.chat.models import Account, Delivery, Gap, Lease, Message
from qunce.chat.stage import Planned
from qunce.chat.types import Content, GapSeen, MessageReceived, Mute, Purpose
from qunce.cli.gateway import account as service
from qunce.cli.gateway import database
from qunce.kernel import clock, crypto
from qunce.kernel.actor import SYSTEM
from tests.chat.support import account, adopted, lease
from tests.connectors.bench import Listening
from tests.connectors.napcat import ME, ROOM, TOKEN, NapCat, talking
from tests.support.synapse import free_port

G = str(ROOM)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(_onebot11_reading, "FILL_PAUSE", 0)


# ------------------------------------------------------------------ absences
async def absent(connector, napcat, *, first="开始"):
    """Listen up to a first message; then the connection is gone."""
    async with Listening(connector) as listening:
        await listening.until(lambda events: events)
        if first:
            napcat.say(ROOM, first)
            await listening.until(lambda _: listening.of(MessageReceived, G))
        return listening.cursor


def done(place_before):
    """Until the cursor says that every group was filled."""
    begun = json.loads(place_before)["at"]
    return lambda listening: json.loads(listening.cursor)["at"] > begun


async def filled(connector, cursor):
    """Listen until every group was filled, again where the connection has just ended, as the gateway does."""
    while True:
        async with Listening(connector, cursor) as listening:
            try:
                await listening.until(lambda _: done(cursor)(listening), within=10)
            except Retry:
                continue
            return listening


async def test_an_absence_is_filled_exactly_and_the_next_one_from_there():
    async with talking() as (connector, napcat):
        napcat.group(7, "安静的群")
        cursor = await absent(connector, napcat)
        napcat.hang_up(stay_away=True)
        missed = [napcat.say(ROOM, f"错过 {n}", unheard=True) for n in range(250)]
        napcat.come_back()
        listening = await filled(connector, cursor)
        assert [each.external_id for each in listening.of(MessageReceived, G)] == missed
        assert [event for event in listening.events if isinstance(event, GapSeen)] == []
        napcat.hang_up()
        more = napcat.say(ROOM, "又一句", unheard=True)
        listening = await filled(connector, listening.cursor)
        assert [each.external_id for each in listening.of(MessageReceived, G)] == [more]


async def test_a_history_that_does_not_reach_back_is_a_gap():
    async with talking() as (connector, napcat):
        cursor = await absent(connector, napcat)
        napcat.say(ROOM, "忘了的", unheard=True)
        napcat.groups[ROOM]["said"].clear()
        kept = napcat.say(ROOM, "记得的", unheard=True)
        listening = await filled(connector, cursor)
        assert [each.external_id for each in listening.of(MessageReceived, G)] == [kept]
        (gap,) = listening.of(GapSeen, G)
        assert "does not reach back" in gap.reason
        assert gap.since <= gap.until


async def test_a_history_with_a_hole_shows_it():
    async with talking() as (connector, napcat):
        cursor = await absent(connector, napcat)
        napcat.groups[ROOM]["next"] += 200  # said while the client itself was away: it never learns of them
        napcat.say(ROOM, "之后", unheard=True)
        listening = await filled(connector, cursor)
        (gap,) = listening.of(GapSeen, G)
        assert "has a hole" in gap.reason


async def test_without_any_history_every_absence_is_a_gap():
    async with talking() as (connector, napcat):
        napcat.group(7)
        napcat.history = False
        cursor = await absent(connector, napcat)
        napcat.say(ROOM, "没了", unheard=True)
        listening = await filled(connector, cursor)
        assert {event.group for event in listening.events if isinstance(event, GapSeen)} == {G, "7"}
        assert len(napcat.asked("get_group_msg_history")) == 1


async def test_what_is_said_during_the_filling_is_heard_and_nothing_twice(monkeypatch):
    monkeypatch.setattr(_onebot11_reading, "FILL_PAUSE", 0.05)
    async with talking() as (connector, napcat):
        for key in range(1, 11):
            napcat.group(key)
        cursor = await absent(connector, napcat)
        missed = [napcat.say(key, "错过", unheard=True) for key in range(1, 11)]
        async with Listening(connector, cursor) as listening:
            await listening.until(lambda events: events)
            news = [napcat.say(key, "现在") for key in range(1, 11)]
            await listening.until(lambda _: done(cursor)(listening))
            await listening.until(lambda events: sum(isinstance(each, MessageReceived) for each in events) >= 20)
        read = [each.external_id for each in listening.events if isinstance(each, MessageReceived)]
        assert sorted(read) == sorted(missed + news)


async def test_what_was_said_before_the_first_connection_stays_the_past():
    async with talking() as (connector, napcat):
        napcat.say(ROOM, "从前", unheard=True)
        napcat.groups[ROOM]["said"][0]["time"] -= 30
        cursor = await absent(connector, napcat, first="")
        news = napcat.say(ROOM, "之后", unheard=True)
        listening = await filled(connector, cursor)
        assert [each.external_id for each in listening.of(MessageReceived, G)] == [news]


async def test_a_cursor_stays_small():
    async with talking() as (connector, napcat):
        for key in range(1, 400):
            napcat.group(key)
        with clock.at(clock.now() - timedelta(hours=1)):
            cursor = await absent(connector, napcat)
        listening = await filled(connector, cursor)
        assert len(listening.cursor) < 200


# ------------------------------------------------------------------ in service
def connected(port, **config):
    made = account(
        platform="onebot11",
        external_id=str(ME),
        config={"port": port, "seconds_between": 0.5, **config},
        secrets=crypto.seal({"entered": {"access_token": TOKEN}, "obtained": {}}),
    )
    return made, adopted(made, G)[G]


def plan(made, group, *texts, operation=None):
    with transaction.atomic():
        chat.plan(
            account_id=made.pk,
            planned=[
                Planned(f"{text}{uuid4()}", group.pk, Content.of(text), Purpose.CAMPAIGN, None, None, operation)
                for text in texts
            ],
        )


def serve(made, until, seconds=30.0):
    """Serve the account as the gateway does until ``until()`` (asked in a thread) is true."""
    epoch = lease(made)

    async def go():
        serving = service.Service(made.pk, epoch)
        try:
            async with asyncio.timeout(seconds):
                while not await database.once(until):
                    assert not serving.ended
                    await asyncio.sleep(0.05)
        finally:
            await serving.stop()

    asyncio.run(go())


@pytest.fixture
def no_stages(settings):
    from qunce.chat.actions.ingest import stages
    from qunce.chat.actions.recognition import memory

    settings.INBOUND_STAGES = []
    stages.cache_clear()
    memory.forget()
    yield
    stages.cache_clear()


def settled():
    return not Delivery.objects.filter(state__in=["planned", "claimed"]).exists()


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_lost_is_unknown_and_never_sent_twice(no_stages):
    port = free_port()
    made, group = connected(port)
    with NapCat(port) as napcat:
        napcat.group(ROOM)
        napcat.ways["send_group_msg"] = ["done, then hang up"]
        plan(made, group, "只有一次")
        serve(made, settled)
        assert Delivery.objects.get().state == "unknown"
        plan(made, group, "下一条")
        serve(made, settled)
        assert napcat.standing(ROOM) == ["只有一次", "下一条"]
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["sent", "unknown"]


@pytest.mark.django_db(transaction=True)
def test_after_an_absence_the_gateway_reads_what_was_missed_once_and_marks_the_rest(no_stages):
    port = free_port()
    made, group = connected(port)
    texts = lambda: list(Message.objects.order_by("sent_at", "id").values_list("text", flat=True))  # noqa: E731
    with NapCat(port) as napcat:
        napcat.group(ROOM)
        plan(made, group, "早")
        serve(made, lambda: settled() and Lease.objects.get(account=made).cursor)
        for text in ("一", "二"):
            napcat.say(ROOM, text, unheard=True)
        serve(made, lambda: len(texts()) >= 3)
        # What we said ourselves is in the history too, under the same moment: it is there once.
        assert sorted(texts()) == sorted(["早", "一", "二"])
        assert not Gap.objects.exists()
        napcat.groups[ROOM]["said"].clear()
        napcat.say(ROOM, "三", unheard=True)
        serve(made, Gap.objects.exists)
        assert "does not reach back" in Gap.objects.get().reason
        assert Gap.objects.get().group_id == group.pk


@pytest.mark.django_db(transaction=True)
def test_an_account_is_connected_with_what_a_form_gives():
    port = free_port()
    typed = {"access_token": TOKEN, "port": str(port), "seconds_between": "3", "address": "", "qq": " 10001 "}
    made = chat.connect_account(actor=SYSTEM, platform="onebot11", name="QQ", config=typed)
    assert TOKEN not in str(made.config)
    with NapCat(port) as napcat:
        napcat.group(ROOM)
        checked = chat.check_account(actor=SYSTEM, account_id=made.pk)
        assert (checked.state, checked.enabled, checked.external_id) == ("working", True, str(ME))
        assert checked.detail == "NapCat.Onebot 4.8.90"
        # Beside a gateway that serves it, too: that one has the port.
        made.refresh_from_db()
        serve(made, lambda: chat.check_account(actor=SYSTEM, account_id=made.pk).state == "working")
    pace = selectors.open_connector(made).pace()
    assert (pace.per_second, pace.per_day["message"]) == (pytest.approx(1 / 3), 1000)
    with pytest.raises(chat.InvalidConfig, match="at least 16 characters"):
        chat.connect_account(actor=SYSTEM, platform="onebot11", name="QQ", config={"access_token": "short"})


@pytest.mark.django_db(transaction=True)
def test_an_account_that_nothing_connects_to_waits_and_says_what_to_do(no_stages):
    port = free_port()
    made, _group = connected(port)
    serve(made, lambda: Account.objects.get(pk=made.pk).state == "waiting")
    assert Account.objects.get(pk=made.pk).detail.endswith(f"ws://127.0.0.1:{port}/onebot/v11/ws")


def held_up():
    """Everything but one is sent, and that one says why it waits."""
    states = list(Delivery.objects.values_list("state", "reason"))
    waiting = [reason for state, reason in states if state != "sent"]
    return len(waiting) == 1 and "24 hours" in waiting[0]


@pytest.mark.django_db(transaction=True)
def test_a_full_day_waits_by_kind_and_a_restart_does_not_forget_it(no_stages):
    port = free_port()
    made, group = connected(port, messages_per_day=2, mutes_per_day=1)
    with NapCat(port) as napcat:
        napcat.group(ROOM)
        plan(made, group, "一", "二", "三")
        serve(made, held_up)
        plan(made, group, "禁言", operation=Mute(G, "20002", 60))
        # Due again, and without the reason that it has got already: it has to be held up anew.
        Delivery.objects.filter(state="planned").update(not_before=clock.now(), reason="")
        serve(made, held_up)  # another gateway: it counts in the ledger
        assert napcat.standing(ROOM) == ["一", "二"]
        assert len(napcat.asked("set_group_ban")) == 1
    left = Delivery.objects.get(state="planned")
    assert left.not_before > clock.now() + timedelta(hours=23, minutes=50)
    first = Delivery.objects.filter(operation__isnull=True, state="sent").earliest("sent_at")
    assert selectors.nth_last_sent(made.pk, "message", 2) == first.sent_at
    assert selectors.nth_last_sent(made.pk, "mute", 2) is None
