"""Telegram's exports: other people's fixtures, and the same people and messages as the connector has."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qunce.chat.connector import connectors
from qunce.chat.types import GroupSeen, Media, MemberJoined, Mention, MessageReceived, Poll, Sender, Text
from qunce.insights.importer import Source
from qunce.insights.importers.telegram import Telegram
from qunce.insights.types import Reading, Skipped

DATA = Path(__file__).parents[2].parent / "shared/data/fixtures-chat-miner/test/telegram"


def read(folder, export):
    path = folder / "result.json"
    path.write_text(json.dumps(export) if isinstance(export, dict) else export)
    source, importer = Source(path), Telegram()
    return {chat.key: list(importer.read(source, chat.key, Reading())) for chat in importer.chats(source, Reading())}


def group(*messages, kind="private_supergroup", number=77):
    return {"name": "Group", "type": kind, "id": number, "messages": list(messages)}


def message(number, **more):
    return {
        "id": number,
        "type": "message",
        "date_unixtime": str(1_700_000_000 + number),
        "from": "Ann",
        "from_id": "user5",
        "text": "hi",
        **more,
    }


@pytest.mark.parametrize("name", ["test_single_export.json", "test_batch_export.json"])
def test_fixtures_of_another_program(name):
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not here: other people's fixtures are kept beside the repository")
    source, importer = Source(DATA / name), Telegram()
    assert importer.recognises(source)
    [chat] = importer.chats(source, Reading())
    found = list(importer.read(source, chat.key, Reading()))
    awaited = json.loads((DATA / "target.json").read_text())
    assert [(each.sent_at.replace(tzinfo=None), each.sender.name) for each in found] == [
        (datetime.fromisoformat(each["timestamp"]), each["author"]) for each in awaited
    ]
    assert found[0].text == awaited[0]["message"]
    assert found[1].text == awaited[1]["message"].replace(": ", ":")  # the file has no space between its pieces
    assert len({each.external_id for each in found}) == len(found)


@pytest.mark.parametrize(
    ("kind", "number", "chat"), [("private_supergroup", 77, -1000000000077), ("private_group", 77, -77)]
)
def test_ids_are_those_of_the_connector(tmp_path, kind, number, chat):
    connector = connectors["telegram"](connectors["telegram"].Config(token="123456789:AAF"))
    live = {
        "message_id": 12,
        "date": 1_700_000_012,
        "chat": {"id": chat, "type": "supergroup" if chat < -1000000000000 else "group", "title": "Group"},
        "from": {"id": 5, "is_bot": False, "first_name": "Ann"},
        "text": "hi @bob",
        "entities": [{"type": "mention", "offset": 3, "length": 4}],
    }
    live["reply_to_message"] = {**live, "message_id": 11, "text": "first", "entities": []}
    [heard] = [
        each for each in connector.parse({"update_id": 1, "message": live}) if isinstance(each, MessageReceived)
    ]
    said = message(12, reply_to_message_id=11, text=["hi ", {"type": "mention", "text": "@bob"}])
    read_back = read(tmp_path, group(said, kind=kind, number=number))
    assert read_back == {heard.group: [heard]}


def test_topics_are_those_of_the_connector(tmp_path):
    connector = connectors["telegram"](connectors["telegram"].Config(token="123456789:AAF"))
    about = {
        "date": 1_700_000_012,
        "chat": {"id": -1000000000077, "type": "supergroup", "title": "Group", "is_forum": True},
    }
    ann = {"id": 5, "is_bot": False, "first_name": "Ann"}
    asked = {
        **about,
        "message_id": 11,
        "from": ann,
        "text": "first",
        "message_thread_id": 7,
        "is_topic_message": True,
    }
    live = {**asked, "message_id": 12, "text": "hi", "reply_to_message": asked}
    [heard] = [each for each in connector.parse({"update_id": 1, "message": live}) if not isinstance(each, GroupSeen)]
    topic = {
        "id": 7,
        "type": "service",
        "date_unixtime": "1700000000",
        "actor": "Ann",
        "actor_id": "user5",
        "action": "topic_created",
    }
    found = read(tmp_path, group(topic, message(11, reply_to_message_id=7), message(12, reply_to_message_id=11)))
    assert found["-1000000000077"][2] == heard


def test_what_a_message_consists_of(tmp_path):
    found = read(
        tmp_path,
        group(
            message(1, photo="photos/a.jpg", photo_file_size=5, text="look"),
            message(2, poll={"question": "When?", "answers": [{"text": "now"}, {"text": "then"}]}, text=""),
            message(3, text=[{"type": "mention_name", "text": "Bob", "user_id": 6}, "!"]),
            message(4, photo="file:" + "0" * 64, text=""),
        ),
    )["-1000000000077"]
    assert found[0].parts == (Media("image", "", "", "image/jpeg", 5), Text("look"))
    assert found[1].parts == (Poll("When?", ("now", "then")),)
    assert found[2].parts == (Mention("6", "Bob"), Text("!"))
    assert found[3].parts[0].ref == "", "a path of the export must never be taken for a file of ours"


def test_who_is_known_by_name_alone_is_found_by_name(tmp_path):
    brought = {
        "id": 1,
        "type": "service",
        "date_unixtime": "1700000000",
        "actor": "Ann",
        "actor_id": "user5",
        "action": "invite_members",
        "members": ['Bob "B"', "Two", "Nobody"],
    }
    said = [message(2, **{"from": 'Bob "B"', "from_id": "user6"}), message(3, **{"from": "Two", "from_id": "user7"})]
    twin = message(4, **{"from": "Two", "from_id": "user8"})
    found = read(tmp_path, group(brought, *said, twin))["-1000000000077"]
    joins = [each for each in found if isinstance(each, MemberJoined)]
    assert [each.member.external_id for each in joins] == ["6", "Two", "Nobody"]
    assert {each.inviter for each in joins} == {Sender("5", "Ann")}


def test_private_chats_of_an_account_are_not_offered(tmp_path):
    chat = {**group(message(1)), "type": "personal_chat"}
    with pytest.raises(ValueError, match="no group"):
        read(tmp_path, {"about": "", "chats": {"about": "", "list": [chat]}})
    assert list(read(tmp_path, chat)) == ["77"], "one that was exported alone is meant"


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_fields_in_any_order_and_unknown_ones_change_nothing(tmp_path_factory, data):
    known = [
        message(1),
        message(2, reply_to_message_id=1, text=["a", {"type": "bold", "text": "b"}]),
        message(3, file="x", media_type="sticker", sticker_emoji="👍", text=""),
    ]
    strange = st.dictionaries(
        st.text(min_size=1, max_size=8).map(lambda key: f"new {key}"),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2), max_leaves=3
        ),
        max_size=3,
    )

    def shaken(fields):
        items = data.draw(st.permutations([*fields.items(), *data.draw(strange).items()]))
        return dict(items)

    changed = shaken({**group(), "messages": [shaken(each) for each in known]})
    assert read(tmp_path_factory.getbasetemp(), changed) == read(tmp_path_factory.getbasetemp(), group(*known))


@settings(max_examples=40, deadline=None)
@given(
    record=st.dictionaries(
        st.sampled_from(
            [
                "id",
                "type",
                "date",
                "date_unixtime",
                "from",
                "from_id",
                "text",
                "photo",
                "poll",
                "action",
                "members",
                "reply_to_message_id",
                "todo_list",
            ]
        ),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=6)
        | st.lists(st.none() | st.text(max_size=3), max_size=2)
        | st.just({})
        | st.sampled_from(["message", "service", "1700000000", "user5", "remove_members"]),
    )
)
def test_a_record_of_any_shape_is_an_entry_or_skipped(tmp_path_factory, record):
    found = read(tmp_path_factory.getbasetemp(), group(message(1), record))["-1000000000077"]
    assert len(found) >= 2
    assert all(isinstance(each, Skipped) or each.group == "-1000000000077" for each in found)
