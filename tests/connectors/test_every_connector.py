"""What every connector has to do. Each registered one goes through this with fixtures of its own."""

import time
from datetime import UTC
from uuid import uuid4

import pytest
from pydantic import BaseModel

from qunce.chat import actions as chat
from qunce.chat.connector import NeedsOperator, Permanent, Retry
from qunce.chat.models import Message, SetAside
from qunce.chat.types import (
    EVERYBODY,
    Batch,
    Content,
    Done,
    GapSeen,
    GroupSeen,
    HistoryPage,
    Media,
    Mention,
    MessageDeleted,
    MessageReceived,
    Origin,
    Outbound,
    ReadHistory,
    Reads,
    Recall,
    Replay,
    Text,
)
from tests.chat import support
from tests.connectors.bench import ERRORS, Listening, crashing, opened, text

HARD = "👩‍👩‍👧‍👦 表情 مرحبا بالعالم עברית \u202e12:30\u202c e\u0301 \U0001f1e8\U0001f1f3\n<b>&amp;</b> `x` %s {0}"


def reads_nothing(kind):
    """Nothing that people say comes in: there is no payload for it."""
    return kind.capabilities.reads is Reads.NONE


# ------------------------------------------------------------------ what it says of itself
def test_declares_what_it_is(kind):
    assert kind.title
    assert issubclass(kind.Config, BaseModel)
    for name, field in kind.Config.model_fields.items():
        assert field.title, f"{name} needs a title for its form"
        assert field.description, f"{name} needs a sentence of help"
    promised = kind.capabilities
    assert promised.longest_text > 0
    assert promised.pace.per_second > 0 < promised.pace.chat_per_second
    assert promised.can(Recall) or promised.recall_hours is None


async def test_checks_who_it_is_and_closes_twice(bench):
    connector = bench.connector()
    first = await connector.check()
    assert first.external_id
    assert first.name
    assert (await connector.check()).external_id == first.external_id
    await connector.close()
    await connector.close()


async def test_refuses_what_it_does_not_promise(bench, kind):
    async with opened(bench) as connector:
        group = bench.group()
        if not kind.capabilities.can(ReadHistory):
            with pytest.raises(Permanent):
                await connector.perform(ReadHistory(group))
        if not kind.capabilities.can(Recall):
            with pytest.raises(Permanent):
                await connector.perform(Recall(group, "m", str(uuid4())))


# ------------------------------------------------------------------ reading payloads
def test_reads_recorded_payloads(bench):
    connector = bench.reader()
    assert bench.recorded
    for each in bench.recorded:
        assert connector.parse(each.raw) == list(each.events), each.name


def test_says_what_it_cannot_read(bench):
    connector = bench.reader()
    for raw in (None, 7, "", "text", [], {}, *bench.malformed):
        with pytest.raises(ValueError):
            connector.parse(raw)


@pytest.mark.parametrize("words", [HARD, "a\0b", "half a pair \ud83d", "", "\n", " "])
def test_reads_what_people_type(bench, kind, words):
    if reads_nothing(kind):
        return
    (event,) = bench.reader().parse(bench.message(words))
    assert isinstance(event, MessageReceived)
    assert event.text == words


def test_reads_a_huge_message_quickly(bench, kind):
    if reads_nothing(kind):
        return
    words = "群策群力" * 2_600_000  # 10 million characters
    raw = bench.message(words)
    started = time.perf_counter()
    (event,) = bench.reader().parse(raw)
    assert time.perf_counter() - started < 2
    assert event.text == words


@pytest.mark.django_db
def test_what_it_reads_is_stored_once(bench, kind):
    """Recorded payloads and hard texts, twice: the second time changes nothing and nothing is set aside."""
    connector = bench.reader()
    said = () if reads_nothing(kind) else (HARD, "a\0b", "\ud83d")
    raws = [each.raw for each in bench.recorded] + [bench.message(words) for words in said]
    events = [event for raw in raws for event in connector.parse(raw)]
    account = support.account(platform=kind.key)
    support.adopted(account, *sorted({event.group for event in events}))
    first = chat.ingest(Batch(account.pk, Origin.LIVE, events))
    again = chat.ingest(Batch(account.pk, Origin.LIVE, events))
    received = {(each.group, each.external_id) for each in events if isinstance(each, MessageReceived)}
    assert first.stored == len(received) == Message.objects.count()
    assert (again.stored, again.set_aside, first.set_aside) == (0, 0, 0)
    assert not SetAside.objects.exists()


# ------------------------------------------------------------------ sending
async def test_what_a_person_carries_over_no_program_sends(bench, kind):
    if not kind.capabilities.by_hand:
        return
    assert not kind.capabilities.echoes
    assert not kind.capabilities.idempotent_hours
    async with opened(bench) as connector:
        assert connector.listen(None) is None
        with pytest.raises(Permanent):
            await connector.send(text(bench.group(), "喂"))


async def test_sends_once_and_under_the_platforms_id(bench, kind):
    if kind.capabilities.by_hand:
        return
    async with opened(bench) as connector:
        group = bench.group()
        sent = await connector.send(text(group, HARD))
        assert sent.external_id
        assert sent.at is None or sent.at.tzinfo
        assert bench.standing(group) in (None, [HARD])


async def test_sends_the_same_delivery_only_once(bench, kind):
    if not kind.capabilities.idempotent_hours:
        return
    async with opened(bench) as connector:
        group = bench.group()
        delivery = text(group, "只有一次")
        first = await connector.send(delivery)
        assert await connector.send(delivery) == first
    async with opened(bench) as another:  # A gateway that takes over has the same session.
        assert await another.send(delivery) == first
    assert bench.standing(group) in (None, ["只有一次"])


async def test_sends_replies_and_mentions(bench, kind):
    if kind.capabilities.by_hand:
        return
    async with opened(bench) as connector:
        group = bench.group()
        parts = (Text("你好 "), Mention("@somebody:qunce.test", "某人"), Text(" 和 "), Mention(EVERYBODY))
        first = await connector.send(text(group, "第一条"))
        if kind.capabilities.mention:
            await connector.send(Outbound(str(uuid4()), group, Content(parts)))
        if kind.capabilities.reply:
            await connector.send(text(group, "答复", reply_to=first.external_id))
        assert bench.standing(group) is None or len(bench.standing(group)) == 3


async def test_sends_no_half_messages(bench):
    """What it cannot send is refused as a whole, not silently left out."""
    picture = Content((Text("看"), Media("image", "elsewhere:1", "图.png")))
    async with opened(bench) as connector:
        group = bench.group()
        with pytest.raises(Permanent):
            await connector.send(Outbound(str(uuid4()), group, picture))
        assert bench.standing(group) in (None, [])


async def test_takes_back(bench, kind):
    if not kind.capabilities.can(Recall) or kind.capabilities.by_hand:
        return
    async with opened(bench) as connector:
        group = bench.group()
        delivery = text(group, "说错了")
        sent = await connector.send(delivery)
        recall = Recall(group, sent.external_id, delivery.delivery_id)
        assert await connector.perform(recall) == Done()
        assert await connector.perform(recall) == Done()  # Twice is harmless.
        assert bench.standing(group) in (None, [])


@pytest.mark.parametrize("error", ERRORS)
async def test_tells_errors_apart(bench, error):
    if error in bench.impossible:
        return
    with bench.refusing(error) as (connector, group):
        try:
            with pytest.raises(error) as raised:
                await send_on_and_on(connector, group)
            assert str(raised.value)
            if isinstance(raised.value, Retry):
                assert raised.value.after > 0
        finally:
            await connector.close()


async def send_on_and_on(connector, group):
    for _ in range(20):
        await connector.send(text(group, "喂"))


async def test_a_signed_out_account_does_not_read(bench):
    if NeedsOperator in bench.impossible:
        return
    with bench.refusing(NeedsOperator) as (connector, _):
        try:
            with pytest.raises(NeedsOperator):
                async for _ in connector.listen(None):
                    pass
        finally:
            await connector.close()


# ------------------------------------------------------------------ listening
async def listens(bench, kind):
    """Whether there is a wire to listen on; where there is none, acknowledging must be what protects us."""
    connector = bench.connector()
    arrivals = connector.listen(None)
    if arrivals is None:
        assert kind.capabilities.replay in {Replay.ACK, Replay.NONE}
        assert not kind.capabilities.echoes
    else:
        await arrivals.aclose()
    await connector.close()
    return arrivals is not None


async def test_begins_with_its_groups_and_without_the_past(bench, kind):
    if not await listens(bench, kind):
        return
    async with opened(bench) as connector:
        group = bench.group()
        bench.say(group, "从前")
        async with Listening(connector) as listening:
            await listening.until(lambda _: listening.of(GroupSeen, group))
            news = bench.say(group, "现在")
            await listening.until(lambda _: listening.of(MessageReceived, group))
        (message,) = listening.of(MessageReceived, group)
        assert (message.external_id, message.text) == (news, "现在")
        assert message.sender.name
        assert message.sent_at.tzinfo is UTC
        assert listening.cursor


async def test_hears_itself(bench, kind):
    if not kind.capabilities.echoes:
        return
    async with opened(bench) as connector:
        group = bench.group()
        me = (await connector.check()).external_id
        async with Listening(connector) as listening:
            await listening.until(lambda _: listening.of(GroupSeen, group))
            delivery = text(group, "是我")
            sent = await connector.send(delivery)
            await listening.until(lambda _: listening.of(MessageReceived, group))
            (message,) = listening.of(MessageReceived, group)
            assert (message.external_id, message.delivery_id) == (sent.external_id, delivery.delivery_id)
            assert message.sender.external_id == me
            if kind.capabilities.can(Recall):
                await connector.perform(Recall(group, sent.external_id, delivery.delivery_id))
                await listening.until(lambda _: listening.of(MessageDeleted, group))


async def test_goes_on_where_it_was(bench, kind):
    """Reconnecting: nothing missed gives nothing, something missed gives exactly that, an old cursor repeats it."""
    if not await listens(bench, kind):
        return
    async with opened(bench) as connector:
        group = bench.group()
        async with Listening(connector) as listening:
            await listening.until(lambda _: listening.of(GroupSeen, group))
        start = listening.cursor
        async with Listening(connector, start) as nothing:
            await nothing.until(lambda _: True)
        assert nothing.of(MessageReceived, group) == []
        said = [bench.say(group, f"第 {number} 句") for number in range(5)]
        five = lambda heard: len(heard.of(MessageReceived, group)) >= 5  # noqa: E731
        missed = await crashing(connector, start, five)
        assert [each.external_id for each in missed.of(MessageReceived, group)] == said
        again = await crashing(connector, start, five)
        assert again.of(MessageReceived, group) == missed.of(MessageReceived, group)
        async with Listening(connector, missed.cursor) as afterwards:
            await afterwards.until(lambda _: True)
        assert afterwards.of(MessageReceived, group) == []


async def test_fills_a_long_absence_or_shows_the_gap(bench, kind, monkeypatch):
    if not await listens(bench, kind):
        return
    async with opened(bench) as connector:
        group = bench.group()
        async with Listening(connector) as listening:
            await listening.until(lambda _: listening.of(GroupSeen, group))
        said = [bench.say(group, f"第 {number} 句") for number in range(130)]
        missed = await crashing(
            connector, listening.cursor, lambda heard: len(heard.of(MessageReceived, group)) >= 130
        )
        assert [each.external_id for each in missed.of(MessageReceived, group)] == said
        assert missed.of(GapSeen, group) == []
        with bench.short_memory(monkeypatch):
            async with Listening(connector, listening.cursor) as holed:
                await holed.until(lambda _: holed.of(GapSeen, group), within=60)
        read = [each.external_id for each in holed.of(MessageReceived, group)]
        assert 0 < len(read) < 130
        assert read == said[-len(read) :]
        (gap,) = holed.of(GapSeen, group)
        assert gap.since <= missed.of(MessageReceived, group)[0].sent_at
        assert gap.until <= holed.of(MessageReceived, group)[0].sent_at
        assert gap.reason


async def test_reads_the_past_page_by_page(bench, kind):
    if not kind.capabilities.can(ReadHistory):
        return
    async with opened(bench) as connector:
        group = bench.group()
        said = [bench.say(group, f"第 {number} 句") for number in range(25)]
        pages, before = [], None
        while not pages or before:
            page = await connector.perform(ReadHistory(group, before, 10))
            assert isinstance(page, HistoryPage)
            before = page.before
            pages.insert(0, [event for event in page.events if isinstance(event, MessageReceived)])
            assert len(pages) < 20
        assert [message.external_id for page in pages for message in page] == said
