"""A real room against figures that were computed by other code."""

import json
from collections import Counter
from pathlib import Path

import pytest

from qunce.chat.types import MemberJoined, MemberLeft, MessageReceived
from qunce.insights.importer import Source, importers, recognised
from qunce.insights.types import Reading, Skipped

ROOM = Path(__file__).parents[3] / "shared/data/gitter-docker"


def test_meets_the_figures_of_a_real_room():
    if not ROOM.is_dir():
        pytest.skip("needs the real histories beside the repository (../shared/data)")
    truth = json.loads((ROOM / "ground_truth.json").read_text())
    source = Source(ROOM / "docker_chatFormat.txt")
    assert recognised(source)[0] == "gitter"
    importer, reading = importers["gitter"](), Reading()
    (chat,) = importer.chats(source, reading)
    entries = list(importer.read(source, chat.key, reading))
    said = [entry for entry in entries if isinstance(entry, MessageReceived)]
    days = Counter(entry.sent_at.date() for entry in said)
    senders = Counter(entry.sender.external_id for entry in said)
    months = Counter(f"{entry.sent_at:%Y-%m}" for entry in said)
    assert sum(isinstance(entry, Skipped) for entry in entries) == truth["unparsed_lines"]
    assert not [entry for entry in entries if isinstance(entry, MemberJoined | MemberLeft)]
    assert len(said) == truth["messages"]
    assert len(senders) == truth["distinct_senders"]
    assert [list(each) for each in senders.most_common(5)] == truth["top5"]
    assert sum(count == 1 for count in senders.values()) == truth["senders_once"]
    assert min(entry.sent_at for entry in said).replace(tzinfo=None).isoformat() == truth["first"]
    assert max(entry.sent_at for entry in said).replace(tzinfo=None).isoformat() == truth["last"]
    assert len(days) == truth["active_days"]
    assert dict(sorted(months.items())) == truth["messages_per_month"]
    assert {str(day): count for day, count in sorted(Counter(entry.sent_at.weekday() for entry in said).items())} == (
        truth["weekday_counts_Mon0"]
    )
    assert {str(hour): count for hour, count in sorted(Counter(entry.sent_at.hour for entry in said).items())} == (
        truth["hour_counts"]
    )
    speakers = {month: len({e.sender.external_id for e in said if f"{e.sent_at:%Y-%m}" == month}) for month in months}
    assert dict(sorted(speakers.items())) == truth["active_senders_per_month"]
    assert len({(entry.external_id, entry.sent_at) for entry in said}) == len(said)
