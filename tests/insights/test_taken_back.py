"""Histories taken back: everything is as it was, and what was told meanwhile stays."""

from datetime import timedelta

import pytest

from qunce.chat.models import GroupHour, MemberDay, Message
from qunce.community.models import Group
from qunce.insights.actions import imports, runs
from qunce.insights.models import Import, ImportedStay
from qunce.insights.types import ImportState
from qunce.kernel import clock, files
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Conflict
from qunce.members.models import Identity, Membership
from tests.chat import support
from tests.insights import told
from tests.insights.taking import a_history, begun, counted, stays, taken, undone
from tests.insights.told import said, written
from tests.support import world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def formats():
    with told.installed():
        yield


@pytest.fixture
def home():
    return world.a_community(zone="Asia/Shanghai")


def test_undone_everything_is_as_it_was(tmp_path, home):
    first = taken(written(tmp_path, a_history()), home)
    before, were = counted(), stays()
    lines = [
        *a_history(),
        said(50_000, "p9", "后来", 300),
        said(50_001, "p1", "又来", 301),
        ["joined", 40_000, "p0", "人p0"],
        ["joined", 49_000, "p9", "人p9"],
    ]
    second = taken(written(tmp_path, lines, name="second.jsonl"), home)
    assert (second.stored, second.joined) == (2, 2)
    end = undone(second)
    assert end.state == ImportState.UNDONE
    assert counted() == before
    assert stays() == were
    assert not ImportedStay.objects.filter(of=second).exists()
    undone(first)
    assert not (Message.objects.exists())
    assert not (GroupHour.objects.exists())
    assert not (MemberDay.objects.exists())
    assert not (Identity.objects.exists())
    assert not (Membership.objects.exists())
    assert Group.objects.get(pk=first.group_id).archived_at
    again = taken(written(tmp_path, a_history()), home)
    assert (again.group_id, again.stored) == (first.group_id, 31)
    assert counted() == before


def test_undone_in_a_live_group_what_was_heard_live_stays(tmp_path):
    account = support.account("sandbox")
    group = support.adopted(account, "!a")["!a"]
    support.live(account, support.said("!a", "早", by="p1", key="live1", at=clock.now()))
    before, were = counted(), stays()
    told.Told.platform = "sandbox"
    try:
        run = taken(written(tmp_path, a_history()), group.community, group_id=group.pk)
        support.live(account, support.said("!a", "在的", by="p2", key="live2", at=clock.now()))
        undone(run)
    finally:
        told.Told.platform = "told"
    assert set(Identity.objects.values_list("external_id", flat=True)) == {"p1", "p2"}
    assert Message.objects.count() == 2
    assert set(before[3]) <= set(counted()[3])
    assert set(were) <= set(stays())
    assert not Group.objects.get(pk=group.pk).archived_at
    support.live(account, support.said("!a", "我是新来的", by="p3", key="live3", at=clock.now()))
    assert Message.objects.get(external_id="live3").identity_id == Identity.objects.get(external_id="p3").pk


def test_somebody_whom_the_team_wrote_about_stays(tmp_path, home):
    from qunce.members import actions as members

    run = taken(written(tmp_path, a_history()), home)
    known = Identity.objects.get(external_id="told:p1")
    members.add_note(actor=SYSTEM, member_id=known.member_id, text="想做分享")
    undone(run)
    assert list(Identity.objects.values_list("external_id", flat=True)) == ["told:p1"]


def test_under_way_it_is_stopped_first_and_goes_on_later(tmp_path, home, monkeypatch):
    monkeypatch.setattr(runs, "PORTION", 7)
    source = written(tmp_path, a_history(40))
    kept = imports.keep_upload(actor=SYSTEM, name="history.jsonl", content=[source.path.read_bytes()])
    run = begun(source, home, kept=kept.sha256)

    def stop(after):
        with pytest.raises(Conflict):
            imports.undo_import(actor=SYSTEM, import_id=run.pk)
        imports.stop_import(actor=SYSTEM, import_id=run.pk)

    stopped = runs.run_import(import_id=run.pk, progress=stop)
    assert (stopped.state, stopped.entries_done, Message.objects.count()) == (ImportState.STOPPED, 7, 2)
    imports.go_on(actor=SYSTEM, import_id=run.pk)
    assert runs.run_import(import_id=run.pk).stored == 41
    undone(run)
    assert not files.is_stored(kept.sha256)
    assert not Message.objects.exists()


def test_what_was_cut_off_begins_again_by_itself(tmp_path, home, monkeypatch):
    source = written(tmp_path, a_history())
    run = begun(source, home)
    long_ago = clock.now() - timedelta(hours=1)
    Import.objects.filter(pk=run.pk).update(state=ImportState.RUNNING, touched_at=long_ago)
    runs.look_after_imports()
    assert Import.objects.get(pk=run.pk).state == ImportState.STOPPED
    asked = []
    monkeypatch.setattr(runs, "soon", lambda each, job: asked.append((each.pk, job)))
    Import.objects.filter(pk=run.pk).update(state=ImportState.RUNNING, touched_at=long_ago, kept=True)
    runs.look_after_imports()
    assert asked == [(run.pk, imports.RUN)]
