"""What is Telegram's own: how messages are cut and put together, topics, moving groups, privacy, webhooks, refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from qunce.chat.connector import Permanent
from qunce.chat.connectors._telegram_sending import LONGEST_TEXT, Said, units
from qunce.chat.connectors.telegram import TelegramConfig
from qunce.chat.types import (
    OURS,
    Button,
    Content,
    Delete,
    Done,
    Edit,
    GroupMoved,
    GroupSeen,
    MakeInvitation,
    Media,
    Mention,
    Mute,
    MuteAll,
    Poll,
    Recall,
    Remove,
    SetNotice,
    Text,
)
from qunce.kernel import clock
from tests.connectors.bench import Listening
from tests.connectors.telegram import opened, out


# ------------------------------------------------------------------ configuration
@pytest.mark.parametrize("token", ["", "123", "abc:def", "12:a b", "12:", ":AAF", "12:AAF/getMe?"])
def test_a_token_that_cannot_be_one_is_refused_before_it_is_sent_anywhere(token):
    with pytest.raises(ValidationError):
        TelegramConfig(token=token)


@pytest.mark.parametrize("address", ["telegram", "ftp://x.org", "https://", "https://[::1"])
def test_an_address_has_to_be_one(address):
    with pytest.raises(ValidationError):
        TelegramConfig(token="1:AAF", api=address)


# ------------------------------------------------------------------ words
texts = st.text(st.sampled_from("👩‍👧🇨🇳 \n群策a\u0301"), max_size=60)


@given(texts, st.integers(2, 20))
def test_pieces_are_short_enough_and_lose_nothing(text, longest):
    pieces = [piece.text for piece in Said(text).pieces(longest)]
    assert "".join(pieces) == text
    assert all(units(piece) <= longest for piece in pieces)
    assert len(pieces) <= 1 + 2 * units(text) // (longest - 1)


@given(
    st.lists(texts | st.integers(1, 99).map(lambda who: Mention(str(who), "张三👍")), max_size=6), st.integers(8, 30)
)
def test_mentions_point_at_names_however_the_text_is_cut(parts, longest):
    said = Said.of([Text(part) if isinstance(part, str) else part for part in parts])
    for piece in said.pieces(longest):
        wide = piece.text.encode("utf-16-le")
        for entity in piece.entities or []:
            assert wide[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le") == "@张三👍"
    (whole,) = said.pieces(10_000)
    assert len(whole.people) == sum(isinstance(part, Mention) for part in parts)


async def test_a_long_text_goes_in_pieces_and_is_taken_back_whole(api, bot):
    chat = api.group(bot)
    async with opened(api, bot) as connector:
        text = "第一段\n" + "👍" * 3000 + "\n" + "群" * 4000
        sent = await connector.send(out(chat, text))
        said = [message["text"] for message in api.ours(chat)]
        assert "".join(said) == text
        assert len(said) > 1
        assert all(units(each) <= LONGEST_TEXT for each in said)
        with pytest.raises(Permanent, match="several parts"):
            await connector.perform(Edit(str(chat.id), sent.external_id, Content.of("改")))
        await connector.perform(Recall(str(chat.id), sent.external_id, ""))
        assert api.ours(chat) == []


async def test_words_stand_beneath_the_first_picture_or_after_all_of_them(api, bot):
    files = {f"{OURS}{n}": b"%d" % n for n in range(12)}
    media = [Media("image", ref, "图.png") for ref in files]
    async with opened(api, bot) as connector:
        chat = api.group(bot)
        sent = await connector.send(out(chat, "看", *media, files=files))
        assert [message.get("caption") for message in api.ours(chat)] == ["看", *[None] * 11]
        assert sent.external_id.count("+") == 11
        chat = api.group(bot)
        await connector.send(out(chat, "长" * 1025, *media[:2], files=files))
        assert [message.get("text", "")[:1] for message in api.ours(chat)] == ["", "", "长"]
        chat = api.group(bot)
        await connector.send(out(chat, *media[:2], Button("报名", "https://example.org"), files=files))
        (hung,) = [message for message in api.ours(chat) if message["keyboard"]]
        assert hung["text"] == "报名"


async def test_files_of_kinds_that_no_album_takes_together_come_one_after_the_other(api, bot):
    kinds = ["image", "video", "file", "file", "audio", "image"]
    files = {f"{OURS}{n}": kind.encode() for n, kind in enumerate(kinds)}
    chat = api.group(bot)
    async with opened(api, bot) as connector:
        media = [Media(kind, ref) for kind, ref in zip(kinds, files, strict=True)]
        await connector.send(out(chat, *media, files=files))
    assert [message["file"].decode() for message in api.ours(chat)] == kinds
    assert [name for name, _ in api.log if name.startswith("send")] == [
        "sendMediaGroup",
        "sendMediaGroup",
        "sendAudio",
        "sendPhoto",
    ]


async def test_a_poll_that_telegram_does_not_take_is_refused_before_its_words_are_sent(api, bot):
    chat = api.group(bot)
    async with opened(api, bot) as connector:
        for poll in (
            Poll("?", ("一",)),
            Poll("", ("一", "二")),
            Poll("?", ("一", "长" * 101)),
            Poll("?", ("一",) * 13),
        ):
            with pytest.raises(Permanent, match="2 to 12"):
                await connector.send(out(chat, "投票", poll))
    assert api.ours(chat) == []


async def test_a_mentioned_person_is_told(api, bot):
    chat = api.group(bot)
    async with opened(api, bot) as connector:
        await connector.send(out(chat, "👍 你好 ", Mention("7", "张三"), Mention("@li", "li")))
    (message,) = api.ours(chat)
    assert message["text"] == "👍 你好 @张三@li"
    (entity,) = message["entities"]
    assert (entity["type"], entity["offset"], entity["length"], entity["user"]["id"]) == ("text_mention", 6, 3, 7)


# ------------------------------------------------------------------ where
async def test_an_answer_goes_into_the_topic_of_what_it_answers(api, bot):
    chat = api.group(bot)
    chat.topics.add(7)
    chat.messages[12] = {"message_id": 12}
    async with opened(api, bot) as connector:
        sent = await connector.send(out(chat, "在这里", reply_to="7/12"))
        (message,) = api.ours(chat)
        assert (message["message_thread_id"], message["reply"]) == (7, 12)
        assert sent.external_id == f"7/{message['message_id']}"
        chat.topics.clear()
        with pytest.raises(Permanent, match="topic no longer exists"):
            await connector.send(out(chat, "在吗", reply_to="7/12"))


async def test_an_answer_to_what_is_gone_is_said_all_the_same(api, bot):
    chat = api.group(bot)
    async with opened(api, bot) as connector:
        await connector.send(out(chat, "八点", reply_to="404"))
    assert [message["reply"] for message in api.ours(chat)] == [None]


async def test_a_group_that_has_become_a_supergroup_gets_its_messages_under_the_new_id(api, bot):
    chat = api.group(bot, kind="group")
    async with opened(api, bot) as connector:
        async with Listening(connector) as listening:
            await listening.until(lambda _: listening.of(GroupSeen, str(chat.id)))
            first = await connector.send(out(chat, "早"))
            new = api.upgrade(bot, chat)
            await listening.until(lambda events: len([e for e in events if isinstance(e, GroupMoved)]) == 2)
        assert {e for e in listening.events if isinstance(e, GroupMoved)} == {GroupMoved(str(chat.id), str(new.id))}
        sent = await connector.send(out(chat, "晚", reply_to=first.external_id))
        assert [message["text"] for message in api.ours(new)] == ["晚"]
        assert first.external_id.startswith("b")
        assert not sent.external_id.startswith("b")
        new.messages[int(first.external_id[1:])] = {"message_id": 1, "date": 2e9, "text": "别人的"}
        with pytest.raises(Permanent, match="new id"):  # the same number is another message there
            await connector.perform(Delete(str(new.id), first.external_id))
        await connector.perform(MuteAll(str(chat.id), on=True))
        assert not new.permissions["can_send_messages"]


# ------------------------------------------------------------------ operations
async def test_what_operations_do_besides(api, bot):
    chat, group = (made := api.group(bot)), str(made.id)
    async with opened(api, bot) as connector:
        await connector.perform(Mute(group, "7", 5))
        assert chat.restricted[7] > clock.now().timestamp() + 29  # less than that would be for ever
        await connector.perform(Mute(group, "7", None))
        assert chat.restricted[7] == 0
        await connector.perform(Mute(group, "7", 0))
        assert 7 not in chat.restricted
        before = dict(chat.permissions)
        await connector.perform(MuteAll(group, on=True))
        assert chat.permissions["can_invite_users"]
        await connector.perform(MuteAll(group, on=False))
        assert chat.permissions["can_send_messages"]
        assert chat.permissions["can_pin_messages"] == before["can_pin_messages"]
        await connector.perform(Remove(group, "7"))
        assert chat.members[7] == "left"  # removed, and free to come back
        await connector.perform(Remove(group, "-1009876", ban=True))
        assert chat.members[-1009876] == "kicked"
        link = await connector.perform(MakeInvitation(group, "海报"))
        assert isinstance(link, Done)
        assert chat.links == {link.result: "海报"}
        chat.messages[33] = {"message_id": 33, "date": 2e9, "ours": True, "caption": "原来"}
        await connector.perform(Edit(group, "33", Content.of("改了")))
        assert chat.messages[33]["caption"] == "改了"


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (lambda group: SetNotice(group, "长" * 256), "255"),
        (lambda group: MakeInvitation(group, "长" * 33), "32"),
        (lambda group: Mute(group, "@zhang", 60), "not a person"),
        (lambda group: Mute(group, "-1001", 60), "not a person"),
        (lambda group: Edit(group, "9", Content((Media("image", "x"),))), "not its files"),
        (lambda group: Delete(group, "none"), "new id"),
    ],
)
async def test_what_telegram_could_not_do_is_said_without_asking_it(api, bot, operation, why):
    group = str(api.group(bot).id)
    async with opened(api, bot) as connector:
        with pytest.raises(Permanent, match=why):
            await connector.perform(operation(group))
    assert not api.log


async def test_without_the_right_it_is_said_which_is_missing(api, bot):
    chat = api.group(bot, status="member")
    async with opened(api, bot) as connector:
        with pytest.raises(Permanent, match="make it an administrator"):
            await connector.perform(SetNotice(str(chat.id), "每周一本书"))
        basic = api.group(bot, kind="group")
        with pytest.raises(Permanent, match="supergroups only"):
            await connector.perform(Mute(str(basic.id), "7", 60))
        old = {"message_id": 3, "date": 1, "ours": True}
        chat.messages[3] = old
        with pytest.raises(Permanent, match="no longer"):
            await connector.perform(Recall(str(chat.id), "3", ""))
