"""A real workspace's export, against figures that other code computed from it."""

import json
import math
from collections import Counter
from datetime import UTC
from pathlib import Path

import pytest

from qunce.chat.types import EVERYBODY, MemberJoined, MemberLeft, Mention, MessageReceived
from qunce.insights.importer import Source
from qunce.insights.importers.slack import Slack
from qunce.insights.types import Reading, Skip, Skipped

DATA = Path(__file__).parents[2].parent / "shared/data/slack-houstondatavis-export"


@pytest.fixture(scope="module")
def truth():
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not here: real exports are kept beside the repository")
    return json.loads((DATA / "ground_truth.json").read_text())


@pytest.fixture(scope="module")
def entries(truth):
    source, importer = Source(DATA / "export"), Slack()
    assert importer.recognises(source)
    return {chat.name: list(importer.read(source, chat.key, Reading())) for chat in importer.chats(source, Reading())}


def of(entries, kind):
    return [entry for found in entries.values() for entry in found if isinstance(entry, kind)]


def test_every_record_is_accounted_for(entries, truth):
    counts = Counter(type(entry) for found in entries.values() for entry in found)
    assert counts[MessageReceived] == truth["messages"]
    assert counts[MemberJoined] == truth["joins"]
    assert counts[MemberLeft] == truth["leaves"]
    assert sum(counts.values()) == truth["raw_records"]
    skipped = Counter(entry.what for entry in of(entries, Skipped) if entry.reason is Skip.SERVICE)
    services = {"channel_purpose", "channel_archive", "channel_topic", "channel_name", "pinned_item", "bot_add"}
    assert skipped == {key: truth["subtype_counts"][key] for key in services}


def test_messages_are_exact(entries, truth):
    said = sorted(of(entries, MessageReceived), key=lambda each: each.sent_at)
    assert said[0].sent_at.replace(tzinfo=None).isoformat() == truth["first"]
    assert said[-1].sent_at.replace(tzinfo=None).isoformat() == truth["last"]
    assert all(each.sent_at.tzinfo is UTC for each in said)
    by_month = Counter(f"{each.sent_at:%Y-%m}" for each in said)
    assert by_month == truth["messages_per_month"]
    assert len({each.sent_at.date() for each in said}) == truth["active_days"]
    assert Counter(str(each.sent_at.weekday()) for each in said) == truth["weekday_counts_Mon0"]
    assert Counter(str(each.sent_at.hour) for each in said) == truth["hour_counts"]
    by_channel = {name: sum(isinstance(each, MessageReceived) for each in found) for name, found in entries.items()}
    assert {name: count for name, count in by_channel.items() if count} == truth["messages_per_channel"]


def test_people_are_exact(entries, truth):
    said = of(entries, MessageReceived)
    by_sender = Counter(each.sender.external_id for each in said)
    assert len(by_sender) == truth["distinct_senders"]
    assert sum(count == 1 for count in by_sender.values()) == truth["senders_once"]
    assert [list(each) for each in by_sender.most_common(5)] == truth["top5"]
    top = [count for _key, count in by_sender.most_common(math.ceil(len(by_sender) / 10))]
    assert round(sum(top) / len(said), 6) == truth["top10pct_share"]
    assert (
        len({each.member.external_id for each in of(entries, MemberJoined)})
        == truth["distinct_users_with_join_event"]
    )
    active = {}
    for each in said:
        active.setdefault(f"{each.sent_at:%Y-%m}", set()).add(each.sender.external_id)
    assert {month: len(people) for month, people in active.items()} == truth["active_senders_per_month"]
    assert all(each.sender.name.startswith("Member") for each in said)


def test_whom_a_text_mentions_stays_with_it(entries, truth):
    edges = [
        (each.sender.external_id, who)
        for each in of(entries, MessageReceived)
        for who in {part.who for part in each.parts or () if isinstance(part, Mention)} - {each.sender.external_id}
        if who != EVERYBODY
    ]
    assert len(edges) == truth["reply_events"]
    assert len(set(edges)) == truth["reply_edges_distinct"]
    assert len({person for edge in edges for person in edge}) == truth["reply_nodes"]


def test_people_in_texts_have_the_names_of_the_list(tmp_path):
    (tmp_path / "general").mkdir()
    (tmp_path / "users.json").write_text('[{"id": "U1", "profile": {"display_name": "Ann", "real_name": "Ann Li"}}]')
    said = [{"type": "message", "user": "U1", "text": "hi <@U1>, <@U2>", "ts": "1704441600.000100"}]
    (tmp_path / "general/2024-01-05.json").write_text(json.dumps(said))
    [entry] = Slack().read(Source(tmp_path), "general", Reading())
    assert entry.text == "hi @Ann, @U2"
    assert entry.sender.name == "Ann"


def test_what_two_say_in_private_is_not_offered(tmp_path):
    (tmp_path / "D0ABCDEF1").mkdir()
    (tmp_path / "D0ABCDEF1/2024-01-05.json").write_text(
        '[{"type": "message", "user": "U1", "text": "x", "ts": "1704441600.000100"}]'
    )
    with pytest.raises(ValueError, match="no channel"):
        Slack().chats(Source(tmp_path), Reading())
