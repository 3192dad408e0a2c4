"""A QQ account in service: what is sent and done, what an absence leaves, and what the ledger makes of lost answers."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from qunce.chat import actions as chat
from qunce.chat import selectors
from qunce.chat.connector import Ambiguous, NeedsOperator, Permanent, Retry
from qunce.chat.connectors import _onebot11_reading
from qunce.chat.connectors.onebot11 import Onebot11, Onebot11Config
from qunce.chat.models import Account, Delivery, Gap, Lease, Message
from qunce.chat.stage import Planned
from qunce.chat.types import (
    EVERYBODY,
    Button,
    Content,
    DecideJoin,
    Delete,
    Done,
    GapSeen,
    GroupGone,
    GroupSeen,
    Media,
    MemberJoined,
    Mention,
    MessageReceived,
    Mute,
    MuteAll,
    Outbound,
    Pin,
    Poll,
    Purpose,
    ReadHistory,
    Recall,
    Remove,
    Sender,
    SetNotice,
    Text,
)
from qunce.cli.gateway import account as service
from qunce.cli.gateway import database
from qunce.kernel import clock, crypto
from tests.chat.support import account, adopted, lease
from tests.connectors.bench import Listening
from tests.connectors.napcat import ME, TOKEN, NapCat, Refused
from tests.support.synapse import free_port

ROOM = 545402644
G = str(ROOM)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(_onebot11_reading, "FILL_PAUSE", 0)


@asynccontextmanager
async def talking(**config):
    port = free_port()
    connector = Onebot11(Onebot11Config(**{"access_token": TOKEN, "port": port} | config))
    try:
        with NapCat(port) as napcat:
            napcat.group(ROOM)
            await connector.check()
            yield connector, napcat
    finally:
        await connector.close()


def outbound(*parts, group=G, **more):
    return Outbound(str(uuid4()), group, Content(parts), **more)


# ------------------------------------------------------------------ what goes out
async def test_a_message_is_an_array_of_segments():
    async with talking() as (connector, napcat):
        files = {"file:1": b"\x89PNG", "file:2": b"amr"}
        await connector.send(
            outbound(
                Text("看 [CQ:at,qq=all] "),
                Mention("20002", "张三"),
                Mention(EVERYBODY),
                Mention("@bob:example.org", "Bob"),
                Media("image", "file:1", "图.png"),
                Media("audio", "file:2"),
                Button("报名", "https://example.org"),
                files=files,
                reply_to="-77",
            )
        )
        (sent,) = napcat.asked("send_group_msg")
        assert sent["group_id"] == ROOM
        assert sent["message"] == [
            {"type": "reply", "data": {"id": "-77"}},
            {"type": "text", "data": {"text": "看 [CQ:at,qq=all] "}},
            {"type": "at", "data": {"qq": "20002"}},
            {"type": "at", "data": {"qq": "all"}},
            {"type": "text", "data": {"text": "@Bob"}},
            {"type": "image", "data": {"file": "base64://iVBORw=="}},
            {"type": "record", "data": {"file": "base64://YW1y"}},
            {"type": "text", "data": {"text": "\n报名 https://example.org"}},
        ]


async def test_files_are_uploaded_after_the_text_and_taken_back_with_it():
    async with talking() as (connector, napcat):
        message = outbound(Text("资料"), Media("file", "file:1", "案例.pdf"), files={"file:1": b"pdf"})
        sent = await connector.send(message)
        assert [name for name, _ in napcat.calls if name.startswith(("send", "upload"))] == [
            "send_group_msg",
            "upload_group_file",
        ]
        assert napcat.asked("upload_group_file") == [{"group_id": ROOM, "file": "base64://cGRm", "name": "案例.pdf"}]
        await connector.perform(Recall(G, sent.external_id, message.delivery_id))
        assert napcat.asked("delete_group_file") == [{"group_id": ROOM, "file_id": "/file-案例.pdf"}]
        assert napcat.standing(ROOM) == []
        alone = await connector.send(outbound(Media("file", "file:1", "a.pdf"), files={"file:1": b"pdf"}))
        await connector.perform(Recall(G, alone.external_id, "d"))
        assert len(napcat.asked("delete_group_file")) == 2


async def test_half_a_message_is_no_failure_that_could_be_repeated():
    async with talking() as (connector, napcat):
        napcat.ways["upload_group_file"] = [Refused("群文件空间不足")]
        with pytest.raises(Ambiguous, match="The text was sent, but a file of the message was not:\n群文件空间不足"):
            await connector.send(outbound(Text("资料"), Media("file", "file:1", "a"), files={"file:1": b"1"}))
        napcat.ways["upload_group_file"] = [Refused("群文件空间不足")]
        with pytest.raises(Permanent, match="群文件空间不足"):
            await connector.send(outbound(Media("file", "file:1", "a"), files={"file:1": b"1"}))


async def test_what_qq_cannot_show_is_refused_before_anything_is_sent():
    async with talking() as (connector, napcat):
        for parts in (
            (Text("字" * 4501),),
            (Text(""),),
            (),
            (Text("选"), Poll("几点", ("一点", "两点"))),
            (Text("看"), Media("file", "file:9", "a")),
        ):
            with pytest.raises(Permanent):
                await connector.send(outbound(*parts))
        await connector.send(outbound(Text("字" * 4500)))
        assert len(napcat.asked("send_group_msg")) == 1


async def test_private_chats_are_answered_privately():
    async with talking() as (connector, napcat):
        assert (await connector.send(outbound(Text("你好"), group="user:20002"))).external_id == "20009"
        assert napcat.asked("send_private_msg")[0]["user_id"] == 20002


async def test_operations_are_the_documented_actions():
    async with talking() as (connector, napcat):
        theirs = napcat.say(ROOM, "广告")
        for operation, action, asked in (
            (Mute(G, "20002", 600), "set_group_ban", {"group_id": ROOM, "user_id": 20002, "duration": 600}),
            (Mute(G, "20002", 0), "set_group_ban", {"group_id": ROOM, "user_id": 20002, "duration": 0}),
            (Mute(G, "20002", None), "set_group_ban", {"group_id": ROOM, "user_id": 20002, "duration": 2591940}),
            (MuteAll(G, on=True), "set_group_whole_ban", {"group_id": ROOM, "enable": True}),
            (
                Remove(G, "3", ban=True),
                "set_group_kick",
                {"group_id": ROOM, "user_id": 3, "reject_add_request": True},
            ),
            (
                SetNotice(G, "周五读书"),
                "_send_group_notice",
                {"group_id": ROOM, "content": "周五读书", "pinned": 1, "confirm_required": 0},
            ),
            (Pin(G, "12"), "set_essence_msg", {"message_id": 12}),
            (Pin(G, "12", on=False), "delete_essence_msg", {"message_id": 12}),
            (
                DecideJoin(G, "3", accept=False, reference="f1", reason="先看公告"),
                "set_group_add_request",
                {"flag": "f1", "sub_type": "add", "type": "add", "approve": False, "reason": "先看公告"},
            ),
            (
                DecideJoin(G, "3", accept=True, reference="f2"),
                "set_group_add_request",
                {"flag": "f2", "sub_type": "add", "type": "add", "approve": True},
            ),
            (Delete(G, theirs), "delete_msg", {"message_id": int(theirs)}),
        ):
            assert await connector.perform(operation) == Done()
            assert napcat.asked(action)[-1] == asked, operation
        promised = connector.capabilities.performs
        assert promised == {Recall, ReadHistory, Delete, Mute, MuteAll, Remove, SetNotice, Pin, DecideJoin}


async def test_an_operation_without_the_right_to_it_says_so():
    async with talking() as (connector, napcat):
        napcat.ways["set_group_ban"] = [Refused("ERR_NOT_GROUP_ADMIN")]
        with pytest.raises(Permanent, match="Only administrators"):
            await connector.perform(Mute(G, "20002", 60))
        with pytest.raises(Permanent, match="Recall failed"):
            await connector.perform(Recall(G, "404", "d"))


async def test_an_account_that_qq_signed_out_speaks_and_reads_no_more_until_it_is_back():
    async with talking() as (connector, napcat):
        async with Listening(connector) as listening:
            await listening.until(lambda events: events)
            napcat.notice("bot_offline", user_id=ME, tag="被踢下线", message="你的账号在别处登录")
            with pytest.raises(NeedsOperator, match="signed this account out"):
                await listening.until(lambda _: False)
        with pytest.raises(NeedsOperator):
            await connector.send(outbound(Text("喂")))
        await asyncio.sleep(0.5)  # a heartbeat says that it is back
        assert (await connector.send(outbound(Text("回来了")))).external_id


# ------------------------------------------------------------------ what comes in
async def test_who_comes_is_told_by_name_and_new_groups_too():
    async with talking() as (connector, napcat):
        async with Listening(connector) as listening:
            await listening.until(lambda events: events)
            napcat.groups[ROOM]["members"].append({"user_id": 3, "nickname": "李四", "card": "四儿"})
            napcat.notice("group_increase", sub_type="approve", group_id=ROOM, user_id=3, operator_id=0)
            napcat.notice("group_increase", sub_type="approve", group_id=ROOM, user_id=4, operator_id=0)
            napcat.group(99, "新群")
            napcat.notice("group_increase", sub_type="invite", group_id=99, user_id=ME, operator_id=3)
            napcat.group(98, "另一个")
            napcat.say(98, "没见过的群")
            napcat.notice("group_decrease", sub_type="kick_me", group_id=99, user_id=ME, operator_id=3)
            await listening.until(lambda _: listening.of(GroupGone, "99"))
        assert [each.member for each in listening.of(MemberJoined, G)] == [Sender("3", "四儿"), Sender("4")]
        assert listening.of(GroupSeen, "99") == [GroupSeen("99", "新群", None, 1)]
        assert listening.of(GroupSeen, "98") == [GroupSeen("98", "另一个", None, 1)]


@pytest.mark.parametrize("wanted", [True, False])
async def test_invitations_are_accepted_only_where_that_is_wanted(wanted):
    async with talking(accept_invitations=wanted) as (connector, napcat):
        async with Listening(connector) as listening:
            await listening.until(lambda events: events)
            napcat.request(sub_type="invite", group_id=99, user_id=3, flag="f9")
            napcat.say(ROOM, "之后")
            await listening.until(lambda _: listening.of(MessageReceived, G))
        accepted = [{"flag": "f9", "sub_type": "invite", "type": "invite", "approve": True}]
        assert napcat.asked("set_group_add_request") == (accepted if wanted else [])


async def test_a_private_chat_is_introduced_once():
    async with talking() as (connector, napcat):
        async with Listening(connector) as listening:
            await listening.until(lambda events: events)
            for number in (1, 2):
                napcat.tell(
                    napcat._event(
                        "message",
                        message_type="private",
                        user_id=3,
                        message_id=number,
                        message="在吗",
                        sender={"nickname": "李四"},
                    )
                )
            await listening.until(lambda _: len(listening.of(MessageReceived, "user:3")) == 2)
        assert listening.of(GroupSeen, "user:3") == [GroupSeen("user:3", "李四", direct=True)]


async def test_the_past_brings_who_is_in_the_group_since_when():
    async with talking() as (connector, napcat):
        napcat.groups[ROOM]["members"] += [
            {"user_id": 3, "nickname": "李四", "card": "", "join_time": 1700000000},
            {"user_id": 4, "nickname": "王五", "card": "", "join_time": 0},
        ]
        page = await connector.perform(ReadHistory(G))
        since = datetime.fromtimestamp(1700000000, UTC)
        assert page.events == [
            MemberJoined(G, Sender("3", "李四"), since),
            MemberJoined(G, Sender("4", "王五"), None),
        ]
        assert page.before is None
        with pytest.raises(Permanent):
            await connector.perform(ReadHistory("user:3"))
        napcat.history = False
        with pytest.raises(Permanent):
            await connector.perform(ReadHistory(G))


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
        Delivery.objects.filter(state="planned").update(not_before=clock.now())
        serve(made, held_up)  # another gateway: it counts in the ledger
        assert napcat.standing(ROOM) == ["一", "二"]
        assert len(napcat.asked("set_group_ban")) == 1
    left = Delivery.objects.get(state="planned")
    assert left.not_before > clock.now() + timedelta(hours=23, minutes=50)
    first = Delivery.objects.filter(operation__isnull=True, state="sent").earliest("sent_at")
    assert selectors.nth_last_sent(made.pk, "message", 2) == first.sent_at
    assert selectors.nth_last_sent(made.pk, "mute", 2) is None
