"""What is Matrix's own, on a real homeserver: entering and leaving rooms, names, edits, sessions, outages."""

import json
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import uuid4

import pytest
from pydantic import ValidationError

from qunce.chat.connector import NeedsOperator, Retry
from qunce.chat.connectors.matrix import Matrix, MatrixConfig
from qunce.chat.types import (
    Content,
    GapSeen,
    GroupGone,
    GroupSeen,
    MemberJoined,
    MemberLeft,
    MessageEdited,
    MessageReceived,
    Outbound,
    ReadHistory,
    Reads,
    Sender,
)
from tests.connectors.bench import Listening
from tests.support.synapse import PASSWORD, unique

pytestmark = pytest.mark.xdist_group("synapse")
ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


@pytest.fixture
def host(synapse):
    return synapse.register(unique("host"), shown="群主")


@pytest.fixture
def guest(synapse):
    return synapse.register(unique("guest"), shown="客人 🦊")


@pytest.fixture
def bot(synapse):
    return synapse.register(unique("qunce"), shown="群秘书")


def config(server, **fields):
    return MatrixConfig(homeserver=server.url, **fields)


@asynccontextmanager
async def opened(server, **fields):
    connector = Matrix(config(server, **fields))
    try:
        yield connector
    finally:
        await connector.close()


def connected(bot, **fields):
    return opened(bot.server, access_token=bot.token, **fields)


@asynccontextmanager
async def listening(bot, cursor=None, **fields):
    """Listens for the bot; past the first arrival."""
    async with connected(bot, **fields) as connector, Listening(connector, cursor) as ear:
        await ear.until(lambda _: True)
        yield ear


# ------------------------------------------------------------------ rooms
async def test_rooms_are_named_by_name_or_alias_or_people(bot, host, guest):
    named = host.create_room("名字", topic="话题")
    alias = unique("alias")
    aliased = host.create_room(room_alias_name=alias)
    nameless = host.create_room()
    guest.join(nameless)
    for room in (named, aliased, nameless):
        bot.join(room)
    async with listening(bot) as ear:
        seen = {event.group: event for event in ear.events}
    assert seen[named] == GroupSeen(named, "名字", "话题", 2)
    assert seen[aliased].name == f"#{alias}:qunce.test"
    assert set(seen[nameless].name.split(", ")) == {"群主", "客人 🦊"}
    assert seen[nameless].member_count == 3


async def test_a_rooms_changes_are_told(bot, host, guest):
    room = host.create_room("旧名")
    bot.join(room)
    async with listening(bot) as ear:
        host.set_state(room, "m.room.name", {"name": "新名"})
        await ear.until(lambda _: ear.of(GroupSeen, room)[-1].name == "新名")
        host.set_state(room, "m.room.topic", {"topic": "新话题"})
        await ear.until(lambda _: ear.of(GroupSeen, room)[-1].topic == "新话题")
        guest.join(room)
        await ear.until(lambda _: ear.of(GroupSeen, room)[-1].member_count == 3)
        (joined,) = ear.of(MemberJoined, room)
        assert joined.member == Sender(guest.id, "客人 🦊")
        assert joined.at.tzinfo
        guest.rename("常客")
        guest.leave(room)
        await ear.until(lambda _: ear.of(MemberLeft, room))
        assert ear.of(MemberLeft, room)[0].member.external_id == guest.id
        assert len(ear.of(MemberJoined, room)) == 1


async def test_encrypted_rooms_say_that_they_are_not_read(bot, host):
    room = host.create_room("密", initial_state=[ENCRYPTION])
    later = host.create_room("后来加密")
    bot.join(room)
    bot.join(later)
    async with listening(bot) as ear:
        assert ear.of(GroupSeen, room)[0].reads is Reads.ENCRYPTED
        assert ear.of(GroupSeen, later)[0].reads is None
        host.set_state(later, "m.room.encryption", ENCRYPTION["content"])
        await ear.until(lambda _: ear.of(GroupSeen, later)[-1].reads is Reads.ENCRYPTED)


async def test_spaces_are_no_groups(bot, host):
    space = host.create_room("空间", creation_content={"type": "m.space"})
    bot.join(space)
    later = host.create_room("另一个空间", creation_content={"type": "m.space"}, invite=[bot])
    async with listening(bot) as ear:
        room = host.create_room("群", invite=[bot])
        await ear.until(lambda _: ear.of(GroupSeen, room))
        assert not ear.of(GroupSeen, space)
        assert not ear.of(GroupSeen, later)


async def test_invitations_are_accepted_and_the_past_is_not_news(bot, host):
    waiting = host.create_room("邀请在先", invite=[bot])
    host.say(waiting, "从前")
    async with listening(bot) as ear:
        await ear.until(lambda _: ear.of(GroupSeen, waiting))
        fresh = host.create_room("邀请在后")
        host.say(fresh, "从前")
        host.invite(fresh, bot)
        await ear.until(lambda _: ear.of(GroupSeen, fresh))
        host.say(waiting, "现在")
        host.say(fresh, "现在")
        await ear.until(lambda _: ear.of(MessageReceived, waiting) and ear.of(MessageReceived, fresh))
        for room in (waiting, fresh):
            assert [event.text for event in ear.of(MessageReceived, room)] == ["现在"]
            assert not ear.of(MemberJoined, room)
            assert not ear.of(GapSeen, room)


async def test_whoever_wants_to_talk_to_us_alone_can_and_that_is_no_group(bot, host):
    async with listening(bot) as ear:
        direct = host.create_room(invite=[bot], is_direct=True, preset="trusted_private_chat")
        room = host.create_room("群", invite=[bot])
        await ear.until(lambda _: ear.of(GroupSeen, room) and ear.of(GroupSeen, direct))
        assert [seen.direct for seen in ear.of(GroupSeen, direct)[:1]] == [True]
        assert not ear.of(GroupSeen, room)[0].direct
        host.say(direct, "QC-ABCDEFGH")
        await ear.until(lambda _: ear.of(MessageReceived, direct))


async def test_invitations_can_be_left_alone(bot, host):
    async with listening(bot) as ear:
        room = host.create_room("群", invite=[bot])
        await ear.until(lambda _: ear.of(GroupSeen, room))
    unwanted = host.create_room("不去", invite=[bot])
    async with listening(bot, ear.cursor, accept_invitations=False) as deaf:
        host.say(room, "嗨")
        await deaf.until(lambda _: deaf.of(MessageReceived, room))
    assert bot.call("GET", "/joined_rooms")["joined_rooms"] == [room]
    assert not deaf.of(GroupSeen, unwanted)


async def test_an_invitation_that_could_not_be_accepted_waits_with_the_place(bot, host):
    """The homeserver tells of an invitation once: whoever is interrupted before accepting has it on record."""
    async with listening(bot) as ear:
        pass
    gone = "!withdrawn:qunce.test"
    room = host.create_room("群", invite=[bot])
    async with listening(bot, ear.cursor, accept_invitations=False) as deaf:
        await deaf.until(lambda _: deaf.cursor != ear.cursor)
    place = json.loads(deaf.cursor) | {"invitations": [gone, room]}
    async with listening(bot, json.dumps(place)) as again:
        await again.until(lambda _: again.of(GroupSeen, room))
    assert json.loads(again.cursor)["invitations"] == []


async def test_being_removed_and_coming_back(bot, host):
    room = host.create_room("群")
    bot.join(room)
    async with listening(bot) as ear:
        pass
    host.say(room, "走之前")
    host.kick(room, bot, "太吵")
    host.say(room, "不在时")
    async with listening(bot, ear.cursor) as away:
        await away.until(lambda _: away.of(GroupGone, room))
        assert away.of(GroupGone, room) == [GroupGone(room, f"{host.id}: 太吵")]
        assert [event.text for event in away.of(MessageReceived, room)] == ["走之前"]
    bot.join(room)
    host.say(room, "回来了")
    async with listening(bot, away.cursor) as back:
        await back.until(lambda _: back.of(MessageReceived, room))
        # What was said in the earlier stay may come again: it is the same message.
        assert [event.text for event in back.of(MessageReceived, room)] in (["回来了"], ["走之前", "回来了"])
        assert back.of(GroupSeen, room)


async def test_being_removed_and_coming_back_within_one_absence(bot, host):
    """What was said before and after the time outside is read; that in between is not ours to read."""
    room = host.create_room("群")
    bot.join(room)
    async with listening(bot) as ear:
        pass
    host.say(room, "走之前")
    host.kick(room, bot)
    host.say(room, "不在时")
    bot.join(room)
    host.say(room, "回来了")
    async with listening(bot, ear.cursor) as back:
        await back.until(lambda _: back.of(MessageReceived, room))
    assert [event.text for event in back.of(MessageReceived, room)] == ["走之前", "回来了"]
    assert not back.of(GroupGone, room)
    assert not back.of(GapSeen, room)


async def test_leaving_by_itself_gives_no_reason(bot, host):
    room = host.create_room("群")
    bot.join(room)
    async with listening(bot) as ear:
        bot.leave(room)
        await ear.until(lambda _: ear.of(GroupGone, room))
        assert ear.of(GroupGone, room) == [GroupGone(room)]


async def test_who_is_there_comes_with_the_newest_page_of_history(bot, host, guest):
    room = host.create_room("群")
    guest.join(room)
    host.say(room, "在吗")
    bot.join(room)
    async with connected(bot) as connector:
        await connector.check()
        page = await connector.perform(ReadHistory(room))
        there = {event.member for event in page.events if isinstance(event, MemberJoined) and event.at is None}
        assert there == {Sender(host.id, "群主"), Sender(guest.id, "客人 🦊")}
        (message,) = [event for event in page.events if isinstance(event, MessageReceived)]
        assert message.sender.name == "群主"
        if page.before:
            earlier = await connector.perform(ReadHistory(room, page.before))
            assert not [event for event in earlier.events if isinstance(event, MemberJoined) and event.at is None]


# ------------------------------------------------------------------ messages
async def test_edits_name_their_editor(bot, host, guest):
    """Homeservers pass on anybody's edit of anybody's message; the pipeline has to know who it was."""
    room = host.create_room("群")
    bot.join(room)
    guest.join(room)
    async with listening(bot) as ear:
        said = host.say(room, "原文")
        host.edit(room, said, "改过")
        guest.edit(room, said, "篡改")
        await ear.until(lambda _: len(ear.of(MessageEdited, room)) >= 2)
        edits = ear.of(MessageEdited, room)
        assert [(each.external_id, each.text, each.by) for each in edits] == [
            (said, "改过", host.id),
            (said, "篡改", guest.id),
        ]
        assert [each.text for each in ear.of(MessageReceived, room)] == ["原文"]
    async with connected(bot) as connector:
        page = await connector.perform(ReadHistory(room))
    assert next(each.by for each in page.events if isinstance(each, MessageEdited)) == host.id


async def test_what_is_too_long_is_refused(bot, host):
    room = host.create_room("群")
    bot.join(room)
    async with connected(bot) as connector:
        longest = "长" * connector.capabilities.longest_text
        await connector.send(Outbound(str(uuid4()), room, Content.of(longest)))
        with pytest.raises(Exception, match="too long"):
            await connector.send(Outbound(str(uuid4()), room, Content.of("长" * 30_000)))


# ------------------------------------------------------------------ sessions
async def test_a_password_becomes_a_session_that_is_kept(synapse, host):
    name = unique("qunce")
    bot = synapse.register(name, shown="群秘书")
    room = host.create_room("群")
    bot.join(room)
    fields = {"user": name, "password": PASSWORD}
    delivery = Outbound(str(uuid4()), room, Content.of("一次"))
    async with opened(synapse, **fields) as first:
        checked = await first.check()
        assert (checked.external_id, checked.name) == (bot.id, "群秘书")
        token = checked.secrets["access_token"]
        assert (await first.check()).secrets is None  # It is signed in now.
        sent = await first.send(delivery)
    async with opened(synapse, **fields, access_token=token) as second:
        assert (await second.check()).secrets is None
        assert await second.send(delivery) == sent
    async with opened(synapse, **fields) as third:  # Signed in anew, it is the same device and the same message.
        renewed = (await third.check()).secrets["access_token"]
        assert renewed != token
        assert await third.send(delivery) == sent
    synapse.call("POST", "/_matrix/client/v3/logout", {}, token=renewed)
    async with opened(synapse, **fields, access_token=renewed) as fourth:  # The session has ended.
        assert (await fourth.check()).secrets["access_token"]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"user": "nobody", "password": "wrong"}, "does not accept"),
        ({"access_token": "syt_made_up"}, "ended this session"),
    ],
)
async def test_who_cannot_sign_in_is_told(synapse, fields, complaint):
    async with opened(synapse, **fields) as connector:
        with pytest.raises(NeedsOperator, match=complaint):
            await connector.check()


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"homeserver": "matrix.org", "access_token": "x"}, "web address"),
        ({"homeserver": "ftp://matrix.org", "access_token": "x"}, "web address"),
        ({"homeserver": "https://", "access_token": "x"}, "web address"),
        ({"homeserver": "https://matrix .org", "access_token": "x"}, "web address"),
        ({"homeserver": "https://matrix.org"}, "Give a password"),
        ({"homeserver": "https://matrix.org", "user": "@q:x"}, "Give a password"),
        ({"homeserver": "https://matrix.org", "password": "x"}, "Give a password"),
        ({"homeserver": "https://matrix.org", "access_token": "x", "messages_per_second": 0}, "greater than 0"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(fields, complaint):
    with pytest.raises(ValidationError, match=complaint):
        MatrixConfig(**fields)


def test_the_pace_is_the_operators():
    connector = Matrix(MatrixConfig(homeserver="https://qunce.test/", access_token="x", messages_per_second=20))
    assert connector.pace().per_second == 20
    assert connector.secret_fields() == {"password", "access_token"}


# ------------------------------------------------------------------ outages
async def test_a_homeserver_that_was_away(synapse, bot, host):
    """The wire breaks with Retry; from the stored cursor on nothing is missing."""
    room = host.create_room("群")
    bot.join(room)
    async with connected(bot) as connector, Listening(connector) as ear:
        await ear.until(lambda _: ear.of(GroupSeen, room))
        synapse.stop()
        with pytest.raises(Retry):
            await ear.until(lambda _: False)
        with pytest.raises(Retry):
            await connector.send(Outbound(str(uuid4()), room, Content.of("没人")))
        with pytest.raises(Retry):
            await connector.check()
        synapse.start()
        host.say(room, "回来了")
        async with Listening(connector, ear.cursor) as again:
            await again.until(lambda _: again.of(MessageReceived, room))
        assert [event.text for event in again.of(MessageReceived, room)] == ["回来了"]


async def test_a_homeserver_that_has_forgotten_our_place(bot, host):
    """After a restored backup: every room shows the gap, and listening goes on."""
    room = host.create_room("群")
    bot.join(room)
    async with listening(bot) as ear:
        pass
    place = json.loads(ear.cursor) | {"since": "what is this"}
    host.say(room, "漏掉的")
    async with listening(bot, json.dumps(place)) as again:
        (gap,) = again.of(GapSeen, room)
        assert gap.since == datetime.fromtimestamp(place["at"], gap.since.tzinfo)
        assert gap.since < gap.until
        host.say(room, "继续")
        await again.until(lambda _: [event.text for event in again.of(MessageReceived, room)][-1:] == ["继续"])
