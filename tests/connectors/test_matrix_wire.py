"""Answers that a real homeserver cannot be made to give: what each of them means to us."""

import json
from uuid import uuid4

import pytest

from qunce.chat.connector import Ambiguous, NeedsOperator, Permanent, Retry
from qunce.chat.connectors import _matrix_events as events
from qunce.chat.connectors.matrix import Matrix, MatrixConfig
from qunce.chat.types import Content, Done, GroupSeen, Media, Mention, Outbound, Sent, SetNotice, Text
from tests.connectors.standin import homeserver
from tests.support.synapse import free_port


def matrix(address):
    return Matrix(MatrixConfig(homeserver=address, user="@qunce:qunce.test", access_token="token"))


async def sending(address):
    connector = matrix(address)
    try:
        return await connector.send(Outbound(str(uuid4()), "!room:qunce.test", Content.of("喂")))
    finally:
        await connector.close()


async def checking(address):
    connector = matrix(address)
    try:
        return await connector.check()
    finally:
        await connector.close()


async def hearing(address, cursor=None):
    connector = matrix(address)
    try:
        async for arrival in connector.listen(cursor):
            return arrival
    finally:
        await connector.close()


def entry(**before):
    """We entered a room; what we were there before."""
    content = {"membership": "join"}
    unsigned = {"unsigned": {"prev_content": before}} if before else {}
    return {"type": "m.room.member", "state_key": "@qunce:qunce.test", "content": content, **unsigned}


def test_a_direct_chat_is_known_by_its_invitation():
    me = "@qunce:qunce.test"
    assert events.is_direct([entry(membership="invite", is_direct=True)], me)
    assert not events.is_direct([entry(membership="invite")], me)
    assert not events.is_direct([entry()], me)
    assert not events.is_direct([entry(membership="invite", is_direct=True)], "@other:qunce.test")
    seen = events.group_in("!dm", [], {"m.joined_member_count": 2}, entered=True, direct=True)
    assert seen == GroupSeen("!dm", member_count=2, direct=True)


def matrix_error(code, **more):
    return {"errcode": code, "error": f"({code})", **more}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, {}, Ambiguous),
        (500, matrix_error("M_UNKNOWN"), Ambiguous),
        (502, b"<html>Bad Gateway</html>", Ambiguous),
        (504, b"", Ambiguous),
        (200, b"<html>Please log in to this Wi-Fi</html>", Ambiguous),
        (200, b"\xff\xfe\x00", Ambiguous),
        (200, [], Ambiguous),
        (200, {}, Ambiguous),
        (401, matrix_error("M_UNKNOWN_TOKEN", soft_logout=True), NeedsOperator),
        (401, matrix_error("M_MISSING_TOKEN"), NeedsOperator),
        (401, b"Unauthorized", NeedsOperator),
        (403, matrix_error("M_USER_DEACTIVATED"), NeedsOperator),
        (403, matrix_error("M_USER_SUSPENDED"), NeedsOperator),
        (403, matrix_error("M_CONSENT_NOT_GIVEN"), NeedsOperator),
        (403, matrix_error("M_RESOURCE_LIMIT_EXCEEDED"), NeedsOperator),
        (403, matrix_error("M_FORBIDDEN"), Permanent),
        (403, matrix_error("ORG_EXAMPLE_SPAM"), Permanent),
        (403, b"<html>Forbidden</html>", Permanent),
        (404, matrix_error("M_NOT_FOUND"), Permanent),
        (404, b"<html>Not Found</html>", Permanent),
        (413, b"", Permanent),
        (308, b"", Permanent),
        (429, matrix_error("M_LIMIT_EXCEEDED", retry_after_ms=1500), Retry),
    ],
)
async def test_an_answer_to_a_message(status, body, error):
    with homeserver(status, body) as address, pytest.raises(error) as raised:
        await sending(address)
    assert str(raised.value)


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        (matrix_error("M_LIMIT_EXCEEDED", retry_after_ms=1500), (), 1.5),
        (matrix_error("M_LIMIT_EXCEEDED", retry_after_ms=0), (), 0.1),
        (matrix_error("M_LIMIT_EXCEEDED"), [("Retry-After", "7")], 7),
        (matrix_error("M_LIMIT_EXCEEDED", retry_after_ms="soon"), (), 5),
        (b"slow down", [("Retry-After", "Sun, 22 Nov 2026 08:00:00 GMT")], 5),
    ],
)
async def test_how_long_to_wait(body, headers, seconds):
    with homeserver(429, body, headers=headers) as address, pytest.raises(Retry) as raised:
        await sending(address)
    assert raised.value.after == seconds
    assert not raised.value.chat


async def test_nobody_there():
    address = f"http://127.0.0.1:{free_port()}"
    for attempt in (sending, checking, hearing):
        with pytest.raises(Retry):
            await attempt(address)


async def test_silence_after_a_message_leaves_it_open_and_after_a_question_does_not():
    with homeserver(silence=True) as address:
        with pytest.raises(Ambiguous):
            await sending(address)
        with pytest.raises(Retry):
            await checking(address)
        with pytest.raises(Retry):
            await hearing(address)


async def test_another_web_site_is_no_homeserver():
    for status, body in ((200, b"<html>Welcome</html>"), (404, b"<html>Not Found</html>"), (301, b"")):
        with homeserver(status, body) as at, pytest.raises(NeedsOperator, match="No Matrix homeserver answers"):
            await checking(at)


async def test_listening_only_ever_asks_for_patience_or_a_person():
    for status, body in ((200, b"<html>"), (404, b""), (500, {}), (400, matrix_error("M_UNKNOWN")), (200, {})):
        with homeserver(status, body) as address:
            with pytest.raises(Retry) as raised:
                await hearing(address, '{"since": "s1", "at": 1795316609.0, "invitations": []}')
            assert raised.value.after >= 1
    with homeserver(401, matrix_error("M_UNKNOWN_TOKEN")) as address, pytest.raises(NeedsOperator):
        await hearing(address)


# ------------------------------------------------------------------ files
PICTURE = Media("image", "file:1", "海报.png", "image/png", 4)


async def sending_a_picture(address, *parts):
    connector = matrix(address)
    try:
        outbound = Outbound("d1", "!room:qunce.test", Content((*parts, PICTURE)), files={"file:1": b"\x89PNG"})
        return await connector.send(outbound)
    finally:
        await connector.close()


async def test_a_file_goes_up_first_and_its_message_has_the_text_as_caption():
    heard = []
    with homeserver(body={"content_uri": "mxc://h/1", "event_id": "$1"}, heard=heard) as address:
        assert await sending_a_picture(address, Mention("*", "all"), Text(" 看")) == Sent("$1")
    (upload, sent) = heard
    assert upload[0] == "/_matrix/media/v3/upload?filename=%E6%B5%B7%E6%8A%A5.png"
    assert (upload[1]["Content-Type"], upload[2]) == ("image/png", b"\x89PNG")
    assert sent[0].endswith("/send/m.room.message/d1")
    assert json.loads(sent[2]) == {
        "msgtype": "m.image",
        "body": "@room 看",
        "filename": "海报.png",
        "url": "mxc://h/1",
        "info": {"mimetype": "image/png", "size": 4},
        "m.mentions": {"room": True},
    }


async def sending_two_pictures(status, heard, wait="0"):
    answers = {"content_uri": "mxc://h/1", "event_id": "$1"}
    with homeserver(status, answers, headers=[("Retry-After", wait)], heard=heard) as address:
        return await sending_a_picture(address, PICTURE, Text("看"))


async def test_of_several_files_the_last_has_the_words_and_knows_the_others():
    heard = []
    assert await sending_two_pictures(200, heard) == Sent("$1")
    first, last = heard[2:]
    assert first[0].endswith("/send/m.room.message/d1%2B1")
    assert last[0].endswith("/send/m.room.message/d1")
    assert (json.loads(first[2])["body"], json.loads(last[2])["body"]) == ("海报.png", "看")
    assert events.went_before({"content": json.loads(last[2])}) == ["$1"]


async def test_a_message_that_is_half_there_is_not_called_refused():
    heard = []
    for status in (403, 401):
        with pytest.raises(Ambiguous):
            await sending_two_pictures((200, 200, 200, status), heard)
    with pytest.raises(Ambiguous):
        await sending_two_pictures((200, 200, 200, 429), heard, wait="60")
    assert await sending_two_pictures((200, 200, 200, 429, 200), heard) == Sent("$1")
    with pytest.raises(Permanent):
        await sending_two_pictures((200, 200, 403), heard)


async def test_a_file_alone_is_called_by_its_name():
    heard = []
    with homeserver(body={"content_uri": "mxc://h/1", "event_id": "$1"}, heard=heard) as address:
        await sending_a_picture(address)
    assert json.loads(heard[1][2])["body"] == "海报.png"


@pytest.mark.parametrize(
    ("status", "error"), [(413, Permanent), (500, Retry), (429, Retry), (401, NeedsOperator), (200, Retry)]
)
async def test_what_becomes_of_a_file_that_does_not_go_up(status, error):
    heard = []
    with homeserver(status, {}, heard=heard) as address, pytest.raises(error):
        await sending_a_picture(address)
    assert len(heard) == 1  # no message


async def test_the_notice_is_the_topic_and_a_refusal_says_why():
    for status, body, error in ((200, {"event_id": "$x"}, None), (403, matrix_error("M_FORBIDDEN"), Permanent)):
        with homeserver(status, body) as address:
            connector = matrix(address)
            try:
                if error is None:
                    assert await connector.perform(SetNotice("!room:qunce.test", "每周一本书")) == Done()
                else:
                    with pytest.raises(error, match="does not allow"):
                        await connector.perform(SetNotice("!room:qunce.test", "每周一本书"))
            finally:
                await connector.close()
