"""How Telegram is heard: groups found, privacy, gaps, other readers, webhooks; and its refusals."""

from datetime import timedelta
from uuid import uuid4

import pytest

from qunce.chat.connector import Ambiguous, NeedsOperator, Permanent, Retry
from qunce.chat.connectors._telegram_hearing import KEPT, Place
from qunce.chat.connectors.telegram import Telegram, TelegramConfig
from qunce.chat.types import (
    Content,
    GapSeen,
    GroupSeen,
    MemberJoined,
    MessageReceived,
    Outbound,
    Reads,
)
from qunce.kernel import clock
from tests.connectors.bench import Listening, crashing
from tests.connectors.botapi_methods import Fault, person, standing
from tests.connectors.telegram import HOOK, opened, out
from tests.support.synapse import free_port


# ------------------------------------------------------------------ what it hears
async def test_privacy_mode_is_recognised_and_said(api):
    bot = api.bot(reads_all=False)
    silent, heard = api.group(bot, status="member"), api.group(bot)
    async with opened(api, bot) as connector:
        assert any("setprivacy" in remark for remark in (await connector.check()).remarks)
        async with Listening(connector) as listening:
            await listening.until(lambda _: listening.of(GroupSeen, str(heard.id)))
            assert listening.of(GroupSeen, str(silent.id))[0].reads is Reads.MENTIONS
            assert listening.of(GroupSeen, str(heard.id))[0].reads is Reads.ALL
            api.put(bot, silent, "administrator")
            await listening.until(
                lambda _: any(s.reads is Reads.ALL for s in listening.of(GroupSeen, str(silent.id)))
            )
        assert listening.of(GroupSeen, str(heard.id))[0].member_count == 42
    bot.reads_all = True
    async with opened(api, bot) as connector:
        assert not (await connector.check()).remarks


async def test_a_group_that_nobody_told_us_of_is_found_by_what_is_said_there_and_only_once(api, bot):
    chat = api.group(bot)
    bot.waiting.clear()
    async with opened(api, bot) as connector:
        async with Listening(connector) as listening:
            await listening.until(lambda _: True)
            for words in ("一", "二"):
                api.say(bot, chat, words)
            await listening.until(lambda _: len(listening.of(MessageReceived, str(chat.id))) == 2)
            chat.title = "新名"
            api.say(bot, chat, "三")
            await listening.until(lambda _: len(listening.of(MessageReceived, str(chat.id))) == 3)
        seen = listening.of(GroupSeen, str(chat.id))
        assert [each.name for each in seen] == ["读书会一群", "新名"]


async def test_who_comes_is_told_once_with_where_from(api, bot):
    """Administrators get both a service message and an update that knows the link; the first would hide the second."""
    chat = api.group(bot)
    async with opened(api, bot) as connector:
        async with Listening(connector) as listening:
            await listening.until(lambda _: True)
            li = person(6, "李四")
            common = {"chat": chat.shown(), "date": 1795316609, "from": li}
            api.happens(bot, "message", common | {"message_id": 5, "new_chat_members": [li]})
            link = {"invite_link": "https://t.me/+a", "name": "海报", "creator": li}
            link |= {"creates_join_request": False, "is_primary": False, "is_revoked": False}
            change = {"old_chat_member": standing("left", li), "new_chat_member": standing("member", li)}
            api.happens(bot, "chat_member", common | change | {"invite_link": link})
            api.say(bot, chat, "欢迎")
            await listening.until(lambda _: listening.of(MessageReceived, str(chat.id)))
        assert [each.source for each in listening.of(MemberJoined, str(chat.id))] == ["海报"]


async def test_an_update_that_cannot_be_read_hides_no_other(api, bot):
    chat = api.group(bot)
    async with opened(api, bot) as connector:
        async with Listening(connector) as listening:
            await listening.until(lambda _: True)
            api.happens(bot, "message", {"message_id": 1, "text": "nowhere"})
            api.say(bot, chat, "还在")
            await listening.until(lambda _: listening.of(MessageReceived, str(chat.id)))
        ((raw, why),) = listening.unreadable
        assert raw["message"]["text"] == "nowhere"
        assert "chat" in why


async def test_after_more_than_a_day_away_there_is_a_gap(api, bot):
    chat = api.group(bot)
    async with opened(api, bot) as connector:
        begun = await crashing(connector, None, lambda heard: heard.cursor)
        then = clock.now() - KEPT - timedelta(hours=6)
        old = Place(Place.load(begun.cursor).offset, int(then.timestamp()))
        api.say(bot, chat, "早")
        heard = await crashing(connector, old.dump(), lambda heard: heard.events)
        (gap,) = [event for event in heard.events if isinstance(event, GapSeen)]
        assert abs(gap.since - then) < timedelta(seconds=2)
        assert abs(gap.until - (then + timedelta(hours=6))) < timedelta(minutes=1)
        assert "24 hours" in gap.reason


async def test_nothing_is_forgotten_at_telegram_before_more_is_asked_for(api, bot):
    chat = api.group(bot)
    async with opened(api, bot) as connector:
        begun = await crashing(connector, None, lambda heard: heard.cursor)
        async with Listening(connector, begun.cursor) as listening:
            await listening.until(lambda _: True)
        for number in range(250):
            api.say(bot, chat, str(number))
        heard = await crashing(connector, listening.cursor, lambda heard: heard.of(MessageReceived, str(chat.id)))
        assert len(heard.of(MessageReceived, str(chat.id))) == 100
        assert len(bot.waiting) == 250


# ------------------------------------------------------------------ refusals
async def test_another_reader_is_a_persons_matter(api, bot):
    chat = api.group(bot)
    async with opened(api, bot) as connector, opened(api, bot) as another, Listening(connector) as first:
        await first.until(lambda _: first.of(GroupSeen, str(chat.id)))
        await crashing(another, None, lambda heard: heard.arrivals)
        with pytest.raises(NeedsOperator, match="Another program reads"):
            await first.until(lambda _: False)
    bot.webhook = {"url": "https://elsewhere.example.org/bot", "secret": "", "allowed": []}
    async with opened(api, bot) as connector:
        with pytest.raises(NeedsOperator, match="another address"):
            await connector.check()
        with pytest.raises(NeedsOperator, match="another address"):
            await crashing(connector, None, lambda heard: heard.arrivals)
    assert bot.webhook


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(500, "Internal Server Error"), Ambiguous),
        (Fault(502, "Bad Gateway"), Ambiguous),
        (Fault(413, "Request Entity Too Large"), Permanent),
        (Fault(400, "Bad Request: can't parse entities"), Permanent),
        (Fault(400, "Bad Request: CHAT_WRITE_FORBIDDEN"), Permanent),
        (Fault(403, "Forbidden: bot was blocked by the user"), Permanent),
        (Fault(403, "Forbidden: bot can't initiate conversation with a user"), Permanent),
        (Fault(401, "Unauthorized"), NeedsOperator),
        (Fault(404, "Not Found"), NeedsOperator),
        (Fault(429, "Too Many Requests: retry after 7", retry_after=7), Retry),
    ],
)
async def test_a_refusal(api, bot, fault, error):
    chat = api.group(bot)
    api.faults.append(("sendMessage", fault))
    async with opened(api, bot) as connector:
        with pytest.raises(error) as raised:
            await connector.send(out(chat, "喂"))
        assert str(raised.value)
        if error is Retry:
            assert (raised.value.after, raised.value.chat) == (7, True)
        await connector.send(out(chat, "喂"))


async def test_what_fails_after_a_part_has_arrived_is_not_to_be_repeated(api, bot):
    chat = api.group(bot)
    text = "群" * 5000
    async with opened(api, bot) as connector:
        api.faults += [("sendMessage", Fault(400, "x")), ("sendMessage", Fault(403, "Forbidden: bot was kicked"))]
        with pytest.raises(Permanent):
            await connector.send(out(chat, text))
        api.faults.insert(0, ("nothing", None))
        api.faults.clear()
        chat = api.group(bot)
        api.flood = 1
        with pytest.raises(Ambiguous, match="first part"):
            await connector.send(out(chat, text))
        assert len(api.ours(chat)) == 1


async def test_nobody_there():
    connector = Telegram(TelegramConfig(token="1:AAF", api=f"http://127.0.0.1:{free_port()}"))
    outbound = Outbound(str(uuid4()), "-1001", Content.of("喂"))
    for attempt in (connector.check, lambda: connector.send(outbound)):
        with pytest.raises(Retry, match="cannot be reached"):
            await attempt()
    with pytest.raises(Retry, match="cannot be reached"):
        await crashing(connector, None, lambda heard: heard.arrivals)
    await connector.close()


# ------------------------------------------------------------------ webhooks
async def test_a_webhook_is_set_with_a_secret_and_ended_by_choosing_to_poll(api, bot):
    async with opened(api, bot, way="webhook") as connector:
        assert connector.listen(None) is None
        await connector.check()
        assert (bot.webhook["url"], bot.webhook["most"]) == (HOOK, 1)
        assert len(bot.webhook["secret"]) == 64
        assert bot.token not in bot.webhook["secret"]
        assert "chat_member" in bot.webhook["allowed"]
    async with opened(api, bot, way="webhook", reached_at="https://bots.example.org/") as connector:
        await connector.check()
        assert bot.webhook["url"] == "https://bots.example.org/hooks/5/"
    async with opened(api, bot) as connector:
        await connector.check()
    assert not bot.webhook


async def test_a_webhook_needs_an_address(api, bot):
    async with opened(api, bot, hook="/hooks/5/", way="webhook") as connector:
        with pytest.raises(NeedsOperator, match="address"):
            await connector.check()
    async with opened(api, bot, hook="/hooks/5/", way="webhook", reached_at="https://qunce.example.org") as connector:
        await connector.check()
    assert bot.webhook["url"] == HOOK


async def test_what_telegram_could_not_bring_is_a_remark(api, bot):
    async with opened(api, bot, way="webhook", reached_at=f"http://127.0.0.1:{free_port()}") as connector:
        await connector.check()
        api.group(bot)
        remarks = []
        while not remarks:
            remarks = (await connector.check()).remarks
        said, why = remarks
        assert "could not bring" in said
        assert "Cannot connect" in why
