"""A QQ account while it is connected: what it sends, does and hears."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from qunce.chat.connector import Ambiguous, NeedsOperator, Permanent
from qunce.chat.types import (
    EVERYBODY,
    Button,
    Content,
    DecideJoin,
    Delete,
    Done,
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
    ReadHistory,
    Recall,
    Remove,
    Sender,
    SetNotice,
    Text,
)
from tests.connectors.bench import Listening
from tests.connectors.napcat import ME, ROOM, Refused, talking

G = str(ROOM)


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
        for flag in ("f1", "f2"):
            napcat.request(sub_type="add", group_id=ROOM, user_id=3, comment="", flag=flag)
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
            (Pin(G, theirs), "set_essence_msg", {"message_id": int(theirs)}),
            (Pin(G, theirs, on=False), "delete_essence_msg", {"message_id": int(theirs)}),
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


async def test_an_announcement_is_not_repeated_but_what_others_announced_since_is_answered():
    async with talking() as (connector, napcat):
        announced = napcat.groups[ROOM]["notices"]
        for _ in range(2):
            await connector.perform(SetNotice(G, "周五读书"))
        assert len(announced) == 1
        announced.insert(0, {"sender_id": 3, "publish_time": 4e9, "message": {"text": "改了"}})
        await connector.perform(SetNotice(G, "周五读书"))
        assert len(announced) == 3
        napcat.ways["_get_group_notice"] = [Refused("不支持的Api _get_group_notice", 1404)]
        await connector.perform(SetNotice(G, "周五读书"))
        assert len(announced) == 4
        napcat.groups[ROOM]["notices"] = [7, {"message": "x", "publish_time": "1"}, {"message": {"text": 7}}]
        await connector.perform(SetNotice(G, "周五读书"))
        assert len(napcat.groups[ROOM]["notices"]) == 4


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


async def test_an_account_that_is_back_reads_on_without_heartbeats():
    async with talking(beat=600_000) as (connector, napcat):
        napcat.notice("bot_offline", user_id=ME)
        await asyncio.sleep(0.1)
        async with Listening(connector) as listening:
            await listening.until(lambda events: events)
