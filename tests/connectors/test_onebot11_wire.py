"""The wire to a OneBot implementation: who may connect, which answer belongs to whom, and what a refusal means."""

import asyncio
import json
import socket
import time
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from pydantic import ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from qunce.chat.connector import Ambiguous, NeedsOperator, Permanent, Retry
from qunce.chat.connectors import _onebot11_link, _onebot11_wire
from qunce.chat.connectors._onebot11_refusals import RISK_PAUSE, Unsupported, data_of
from qunce.chat.connectors.onebot11 import Onebot11, Onebot11Config
from qunce.chat.types import Content, MessageReceived, Outbound
from tests.connectors.bench import Listening
from tests.connectors.napcat import EVENT_CHECKER, ME, ROOM, TIMEOUT, TOKEN, NapCat, Refused, talking
from tests.connectors.standin import homeserver
from tests.support.synapse import free_port


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(_onebot11_wire, "CONNECT_WITHIN", 1.0)
    monkeypatch.setattr(_onebot11_wire, "AGAIN", 0.05)


@asynccontextmanager
async def account(port, **config):
    connector = Onebot11(Onebot11Config(**{"access_token": TOKEN, "port": port} | config))
    try:
        yield connector
    finally:
        await connector.close()


def text(words, group=ROOM):
    return Outbound(str(uuid4()), str(group), Content.of(words))


# ------------------------------------------------------------------ what an operator enters
def test_a_port_open_to_others_needs_a_good_token():
    with pytest.raises(ValidationError, match="at least 16 characters"):
        Onebot11Config(access_token="short")
    assert Onebot11Config(access_token="theirs", address="ws://127.0.0.1:3001").qq == ""
    with pytest.raises(ValidationError, match="begins with ws://"):
        Onebot11Config(access_token=TOKEN, address="http://127.0.0.1:3001")
    with pytest.raises(ValidationError, match="digits only"):
        Onebot11Config(access_token=TOKEN, qq="me")


@pytest.mark.parametrize("moment", range(8))
async def test_a_port_is_free_again_whenever_its_opening_was_called_off(moment):
    port = free_port()
    wire = _onebot11_wire.Wire(host="127.0.0.1", port=port, token=TOKEN)
    opening = asyncio.create_task(wire.open())
    for _ in range(moment):
        await asyncio.sleep(0)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    await wire.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))


# ------------------------------------------------------------------ who may connect
async def knock(port, path="/onebot/v11/ws", **headers):
    """The status with which a stranger is received."""
    try:
        async with connect(f"ws://127.0.0.1:{port}{path}", additional_headers=headers, proxy=None):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def test_strangers_are_refused_with_the_right_status():
    port = free_port()
    good = {"Authorization": f"Bearer {TOKEN}", "X-Self-ID": "10001", "X-Client-Role": "Universal"}
    async with account(port, qq="10001") as connector:
        with pytest.raises(Retry):
            await connector.check()
        assert await knock(port, **good) == 101
        assert await knock(port, "/ws/", **good) == 101
        assert (
            await knock(port, f"/ws?access_token={TOKEN.replace(' ', '%20')}", **{**good, "Authorization": ""}) == 101
        )
        assert await knock(port, "/elsewhere", **good) == 404
        assert await knock(port, **{**good, "Authorization": ""}) == 401
        assert await knock(port, **{**good, "Authorization": "Bearer guessed"}) == 403
        assert await knock(port, "/ws?access_token=guessed", **{**good, "Authorization": ""}) == 403
        assert await knock(port, **{**good, "X-Self-ID": "10002"}) == 403
        assert await knock(port, **{**good, "X-Self-ID": ""}) == 400
        assert await knock(port, **{**good, "X-Client-Role": "Spectator"}) == 400


async def test_until_something_connects_it_says_what_to_enter():
    port = free_port()
    async with account(port) as connector:
        with pytest.raises(Retry) as raised:
            await connector.check()
    sentence, address = str(raised.value).split("\n")
    assert "Nothing has connected yet" in sentence
    assert address == f"ws://127.0.0.1:{port}/onebot/v11/ws"


async def test_a_wrong_token_or_number_is_told_to_the_operator():
    port = free_port()
    async with account(port) as connector:
        with NapCat(port, token="another token, also long"), pytest.raises(NeedsOperator, match="access token"):
            await connector.check()
    async with account(port, qq="10002") as connector:
        with NapCat(port), pytest.raises(NeedsOperator, match="another number\\.\n10001"):
            await connector.check()


async def test_the_number_once_known_stays():
    port = free_port()
    async with account(port) as connector:
        with NapCat(port):
            assert (await connector.check()).external_id == str(ME)
        with NapCat(port, me=10002), pytest.raises(NeedsOperator, match="another number"):
            await until(connector.check)


async def test_says_which_implementation_it_is():
    port = free_port()
    async with account(port) as connector:
        with NapCat(port):
            checked = await connector.check()
    assert (checked.external_id, checked.name, list(checked.remarks)) == ("10001", "群秘书", ["NapCat.Onebot 4.8.90"])


async def test_a_port_of_another_program_needs_the_operator():
    with homeserver() as address:
        port = int(address.rpartition(":")[2])
        async with account(port) as connector:
            for attempt in (connector.check(), anext(connector.listen(None))):
                with pytest.raises(NeedsOperator, match=f"Another program uses this port.*\n127.0.0.1:{port}"):
                    await attempt


async def test_a_check_beside_the_gateway_asks_the_gateway():
    """The console checks accounts whose port the gateway has."""
    port = free_port()
    async with account(port) as gateway, account(port) as console, account(port, access_token="x" * 16) as stranger:
        with pytest.raises(Retry):
            await gateway.check()
        with pytest.raises(Retry, match="Nothing has connected yet"):
            await console.check()
        with NapCat(port):
            first = await gateway.check()
            assert await console.check() == first
            with pytest.raises(Retry):
                await console.send(text("not mine to send"))
            with pytest.raises(NeedsOperator, match="Another program"):
                await stranger.check()


async def test_qunce_may_be_the_one_who_connects():
    port = free_port()
    async with account(free_port(), address=f"ws://127.0.0.1:{port}") as connector:
        with pytest.raises(Retry, match=f"No OneBot implementation answers.*\nws://127.0.0.1:{port}"):
            await connector.check()
        with NapCat(port, serves=True) as napcat:
            group = napcat.group(ROOM)
            await connector.check()
            async with Listening(connector) as listening:
                await listening.until(lambda events: events)
                napcat.say(group, "听得见")
                await listening.until(lambda _: listening.of(MessageReceived, group))
            assert (await connector.send(text("你好"))).external_id
    async with account(port, address=f"ws://127.0.0.1:{port}", access_token="wrong") as connector:
        with NapCat(port, serves=True), pytest.raises(NeedsOperator, match="does not accept this access token"):
            await connector.check()


async def test_two_connections_for_two_directions_are_one():
    port = free_port()
    async with account(port) as connector:
        with NapCat(port, split=True) as napcat:
            group = napcat.group(ROOM)
            await connector.check()
            async with Listening(connector) as listening:
                await listening.until(lambda events: events)
                napcat.say(group, "听得见")
                await listening.until(lambda _: listening.of(MessageReceived, group))
            await connector.send(text("你好"))
            napcat.hang_up()
            await until(lambda: connector.send(text("又见面了")))
            assert napcat.standing(group)[-1] == "又见面了"


async def until(attempt):
    async with asyncio.timeout(10):
        while True:
            try:
                return await attempt()
            except (Retry, Ambiguous):
                await asyncio.sleep(0.05)


async def test_a_newer_connection_replaces_the_older():
    port = free_port()
    async with account(port) as connector:
        with NapCat(port) as old:
            old.group(ROOM)
            await connector.check()
            old._loop.call_soon_threadsafe(old.away.set)  # it will not come back once it is replaced
            with NapCat(port) as new:
                new.group(ROOM)
                async with asyncio.timeout(5):
                    while old._sockets:  # noqa: ASYNC110 (it is in another thread)
                        await asyncio.sleep(0.02)
                await connector.send(text("给新的"))
                assert (old.standing(ROOM), new.standing(ROOM)) == ([], ["给新的"])


# ------------------------------------------------------------------ whose answer is it
@pytest.mark.parametrize("way", ["late", "twice", "wrong echo first"])
async def test_answers_find_whoever_asked(way):
    async with talking() as (connector, napcat):
        napcat.ways["send_group_msg"] = [way]
        first, second = await asyncio.gather(connector.send(text("一")), connector.send(text("二")))
        said = napcat.groups[ROOM]["said"]
        assert [str(each["message_id"]) for each in said] == [first.external_id, second.external_id]
        assert napcat.standing(ROOM) == ["一", "二"]
        assert {first.at, second.at} <= {connector.parse(each)[0].sent_at for each in said}


@pytest.mark.parametrize("way", ["hang up", "done, then hang up", "async"])
async def test_an_answer_that_is_lost_leaves_it_open(way):
    async with talking() as (connector, napcat):
        napcat.ways["send_group_msg"] = [way]
        with pytest.raises(Ambiguous):
            await connector.send(text("到了吗"))
        assert napcat.standing(ROOM) == ([] if way == "hang up" else ["到了吗"])


async def test_no_answer_leaves_it_open(monkeypatch):
    monkeypatch.setattr(_onebot11_wire, "ANSWER_WITHIN", 0.2)
    async with talking() as (connector, napcat):
        napcat.ways["send_group_msg"] = ["silence"]
        with pytest.raises(Ambiguous, match="did not answer in time"):
            await connector.send(text("喂"))


async def test_without_a_connection_nothing_is_sent():
    async with talking() as (connector, napcat):
        napcat.hang_up(stay_away=True)
        await asyncio.sleep(0.1)
        with pytest.raises(Retry):
            await connector.send(text("喂"))
        napcat.come_back()
        await until(lambda: connector.send(text("喂")))
        assert napcat.standing(ROOM) == ["喂"]


async def test_missing_heartbeats_end_a_connection():
    async with talking(beat=60) as (connector, napcat):
        async with Listening(connector) as listening:
            await listening.until(lambda events: events)
            await asyncio.sleep(0.3)
            napcat.ways["silence"] = [True]
            with pytest.raises(Retry, match="fallen silent"):
                await listening.until(lambda _: False, within=5)
        napcat.ways["silence"] = []
        await until(lambda: connector.send(text("醒了")))


async def test_a_flood_that_cannot_be_stored_ends_the_connection_and_no_memory(monkeypatch):
    monkeypatch.setattr(_onebot11_link, "MOST_WAITING", 50)
    async with talking() as (connector, napcat):
        link = await connector._wire.link()
        for number in range(60):
            napcat.say(ROOM, f"第 {number} 句")
        await until(connector.check)
        assert link.gone
        assert link.waiting() == []


async def test_frames_that_are_no_events_are_set_aside_and_the_rest_is_read():
    async with talking() as (connector, napcat):
        async with Listening(connector) as listening:
            await listening.until(lambda events: events)
            for frame in ("{", "[1]", "null", '{"post_type": "message"}', '"' + "[" * 100_000):
                napcat.tell(frame)
            napcat.say(ROOM, "还在")
            await listening.until(lambda _: listening.of(MessageReceived, str(ROOM)))
        assert len(listening.unreadable) == 5


async def test_ten_thousand_events_are_read_in_a_second_or_two():
    async with talking(beat=60_000) as (connector, napcat):
        async with Listening(connector) as listening:
            await listening.until(lambda events: events)
            frames = [
                json.dumps(napcat.message(ROOM, [{"type": "text", "data": {"text": "刷屏"}}])) for _ in range(9000)
            ]
            started = time.perf_counter()

            async def flood():
                for frame in frames:
                    await napcat._tell(frame)

            asyncio.run_coroutine_threadsafe(flood(), napcat._loop)
            await listening.until(lambda _: len(listening.of(MessageReceived, str(ROOM))) == 9000, within=30)
        assert time.perf_counter() - started < 20


# ------------------------------------------------------------------ what a refusal means
@pytest.mark.parametrize(
    ("retcode", "words", "error"),
    [
        (1400, "Key: group_id, Message: Expected string", Permanent),
        (1401, "", NeedsOperator),
        (1403, "token验证失败", NeedsOperator),
        (1404, "不支持的Api send_group_msg", Unsupported),
        (100, "ROOM_NOT_FOUND", Permanent),
        (100, "请参考 go-cqhttp 端输出", Permanent),
        (100, "账号可能被风控", Retry),
        (102, "", Permanent),
        (103, "操作失败，权限不足", Permanent),
        (104, "", Retry),
        (201, "", Retry),
        (200, "消息体无法被发送", Permanent),
        (1200, TIMEOUT, Ambiguous),
        (1200, EVENT_CHECKER % (110, "发送失败，你已被移出该群，请重新加群。"), Permanent),
        (1200, EVENT_CHECKER % (120, "发送失败，你已被禁言"), Permanent),
        (1200, EVENT_CHECKER % (120, ""), Permanent),
        (1200, EVENT_CHECKER % (-1, "rich media transfer failed"), Permanent),
        (1200, EVENT_CHECKER % (299, "操作过于频繁"), Retry),
        (1200, "账号已离线", NeedsOperator),
        (1200, "", Permanent),
        (None, "", Permanent),
        (-34, "", Permanent),
        ("odd", "你不是管理员", Permanent),
    ],
)
async def test_a_refusal(retcode, words, error):
    async with talking() as (connector, napcat):
        napcat.ways["send_group_msg"] = [Refused(words, retcode)]
        with pytest.raises(error) as raised:
            await connector.send(text("喂"))
        assert raised.value.__class__ is error
        assert 0 < len(str(raised.value)) < 200
        assert "NodeIKernel" not in str(raised.value)


def test_what_a_refusal_says():
    def refusal(words):
        with pytest.raises(Permanent) as raised:
            data_of({"status": "failed", "retcode": 1200, "wording": words}, message=True)
        return str(raised.value)

    assert refusal(EVENT_CHECKER % (120, "")) == "This account is muted in this group, or everybody is."
    assert refusal(EVENT_CHECKER % (77, "对方拒绝接收")) == "对方拒绝接收"
    assert refusal("一\n  at sendMsg (napcat.mjs:1)") == "一"
    with pytest.raises(Retry) as raised:
        data_of({"status": "failed", "retcode": 1200, "message": "被风控了"}, message=True)
    assert raised.value.after == RISK_PAUSE
    assert data_of({"status": "async", "retcode": 1, "data": None}, message=False) is None
