"""A real history: taken over, its past told week by week, its diagnosis opened down to people and messages."""

from pathlib import Path

import pytest

from qunce.chat.models import Message
from qunce.insights import jobs
from qunce.insights.actions import imports, runs, series
from qunce.insights.importer import Source, importers
from qunce.insights.models import Condition
from qunce.insights.selectors import health as selectors
from qunce.insights.selectors.diagnosis import diagnosis
from qunce.insights.types import Reading
from qunce.kernel.actor import SYSTEM
from qunce.members.models import Member
from tests.architecture.source import ROOT
from tests.support import world

ROOM = ROOT.parent / "shared/data/gitter-docker/docker_chatFormat.txt"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path(ROOM).exists(), reason="the Gitter room is not beside the repository"),
]


def test_a_room_that_was_open_for_years():
    home, source = world.a_community(), Source(ROOM)
    run = imports.begin_import(
        actor=SYSTEM, source=source, importer_key="gitter", chat=_chat(source), community_id=home.pk
    )
    run = runs.run_import(import_id=run.pk, source=source)
    series.fill(group_ids=[run.group_id])
    jobs.assess_past(group_id=run.group_id)
    kept = selectors.history(SYSTEM, run.group_id)
    assert len(kept) > 50
    assert sum(each.score is not None for each in kept) > 40
    found = diagnosis(SYSTEM, run.group_id)
    assert found.day == kept[-1].day
    assert found.observed
    assert Condition.objects.get().score == pytest.approx(found.judgement.score, abs=0.1)
    assert found.spans
    assert found.findings
    for each in found.findings:
        assert selectors.say(each)
        assert Member.objects.filter(pk__in=each.evidence.people).count() == len(each.evidence.people)
        for group_id, sent_at, key in each.evidence.messages:
            assert Message.objects.filter(group_id=group_id, sent_at=sent_at, id=key).exists()


def _chat(source):
    (chat,) = importers["gitter"]().chats(source, Reading())
    return chat.key
