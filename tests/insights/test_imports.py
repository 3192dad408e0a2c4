"""Histories taken over: exactly once, counted like what is said, in portions that may be cut off, and taken back."""

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qunce.chat import actions as chat
from qunce.chat.models import Delivery, GroupHour, MemberDay, Message, SearchText
from qunce.community.models import Group
from qunce.insights.actions import imports, runs
from qunce.insights.models import Import
from qunce.insights.selectors import histories
from qunce.insights.selectors import imports as reads
from qunce.insights.types import ImportState, Options
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from qunce.members.models import Identity, Member
from tests.chat import support
from tests.insights import told
from tests.insights.taking import a_history, begun, counted, taken, undone
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


# ------------------------------------------------------------------ in
def test_a_history_lands_in_a_group_of_its_own(tmp_path, home):
    run = taken(written(tmp_path, a_history()), home, name="前端老群")
    group = Group.objects.get(pk=run.group_id)
    assert (group.platform, group.external_id, group.name, group.community_id) == (
        "history", "told:c1", "前端老群", home.pk,
    )  # fmt: skip
    assert (run.state, run.stored, run.repeated, run.joined, run.left) == (ImportState.DONE, 31, 0, 5, 1)
    assert {reason: each["count"] for reason, each in run.skipped.items()} == {"service": 1, "unreadable": 1}
    assert run.skipped["unreadable"]["places"] == [["line 39", "broken {"]]
    assert run.entries_done == 39
    assert (run.first_at, run.last_at) == (told.BEGIN + timedelta(minutes=10), told.BEGIN + timedelta(minutes=9_000))
    assert set(Identity.objects.values_list("platform", flat=True)) == {"history"}
    assert Identity.objects.filter(external_id="told:p1", name="人p1").exists()
    assert sum(GroupHour.objects.values_list("messages", flat=True)) == 30
    assert sum(GroupHour.objects.values_list("bot_messages", flat=True)) == 1
    while chat.make_searchable():
        pass
    assert SearchText.objects.count() == 31
    assert not Delivery.objects.exists()
    assert AuditEntry.objects.filter(action="import.begun", community_id=home.pk).count() == 1


def test_what_was_counted_is_what_counting_again_counts(tmp_path, home):
    run = taken(written(tmp_path, a_history(60)), home)
    before = counted()
    assert chat.count_again(group_ids=[run.group_id]) == 0
    assert counted() == before


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), size=st.integers(1, 40))
def test_order_and_portions_do_not_matter(tmp_path, monkeypatch, seed, size):
    home = world.a_community()
    lines = a_history(25)
    straight = written(tmp_path, lines, key=f"a{home.pk}")
    monkeypatch.setattr(runs, "PORTION", 2000)
    first = taken(straight, home, chat=f"a{home.pk}")
    random.Random(seed).shuffle(lines)
    monkeypatch.setattr(runs, "PORTION", size)
    second = taken(written(tmp_path, lines, name="b.jsonl", key=f"b{home.pk}"), home, chat=f"b{home.pk}")
    hours = [
        list(
            GroupHour.objects.filter(group_id=r.group_id)
            .order_by("hour")
            .values_list("hour", "messages", "bot_messages", "joined", "left")
        )
        for r in (first, second)
    ]
    days = [
        sorted(MemberDay.objects.filter(group_id=r.group_id).values_list("day", "identity_id", "messages"))
        for r in (first, second)
    ]
    assert hours[0] == hours[1]
    assert days[0] == days[1]
    assert (first.stored, first.joined, first.left) == (second.stored, second.joined, second.left)


def test_again_adds_only_what_is_new(tmp_path, home):
    lines = a_history()
    first = taken(written(tmp_path, lines), home)
    before = counted()
    again = taken(written(tmp_path, lines, name="again.jsonl"), home)
    assert (again.group_id, again.stored, again.repeated, again.joined) == (first.group_id, 0, 31, 0)
    assert counted() == before
    more = taken(written(tmp_path, [*lines, said(20_000, "p1", "新的", 77)], name="more.jsonl"), home)
    assert (more.stored, more.repeated) == (1, 31)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("portion", [1, 3])
def test_cut_off_in_the_middle_nothing_is_lost_or_doubled(tmp_path, home, monkeypatch, portion):
    source = written(tmp_path, a_history(40))
    whole = taken(written(tmp_path, a_history(40), name="whole.jsonl", key="whole"), home, chat="whole")
    monkeypatch.setattr(runs, "PORTION", 7)
    run = begun(source, home)
    done = 0

    def die(after):
        nonlocal done
        done += 1
        if done == portion:
            raise Killed

    with pytest.raises(Killed):
        runs.run_import(import_id=run.pk, source=source, progress=die)
    cut = Import.objects.get(pk=run.pk)
    assert (cut.state, cut.entries_done) == (ImportState.RUNNING, 7 * portion)
    again = begun(source, home)
    assert again.pk == run.pk
    end = runs.run_import(import_id=again.pk, source=source)
    assert (end.state, end.stored, end.joined, end.left) == (ImportState.DONE, whole.stored, whole.joined, whole.left)
    assert end.skipped == whole.skipped
    hours = [
        list(
            GroupHour.objects.filter(group_id=r.group_id)
            .order_by("hour")
            .values_list("hour", "messages", "joined", "left")
        )
        for r in (whole, end)
    ]
    assert hours[0] == hours[1]


def test_of_two_runs_the_later_one_goes_on(tmp_path, home, monkeypatch):
    source = written(tmp_path, a_history(40))
    monkeypatch.setattr(runs, "PORTION", 7)
    run = begun(source, home)
    other = []

    def meanwhile(after):
        if not other:
            other.append(None)
            other.append(runs.run_import(import_id=run.pk, source=source))

    end = runs.run_import(import_id=run.pk, source=source, progress=meanwhile)
    assert other[1].state == end.state == ImportState.DONE
    assert (end.stored, Message.objects.count()) == (41, 41)


def test_another_history_of_the_group_waits(tmp_path, home, monkeypatch):
    monkeypatch.setattr(runs, "PORTION", 7)
    source = written(tmp_path, a_history(40))
    run = begun(source, home)
    second = written(tmp_path, [said(1, "p1", "x", 500)], name="second.jsonl")

    def meanwhile(after):
        other = begun(second, home)
        with pytest.raises(Conflict):
            runs.run_import(import_id=other.pk, source=second)

    runs.run_import(import_id=run.pk, source=source, progress=meanwhile)
    assert taken(second, home).stored == 1


def test_a_poison_record_is_counted_and_the_rest_goes_in(tmp_path, home):
    lines = [said(n, "p1", f"好 {n}", n) for n in range(20)]
    lines.insert(7, said(10**7 * 60, "p2", "来自未来", 99))
    run = taken(written(tmp_path, lines), home)
    assert (run.state, run.stored) == (ImportState.DONE, 20)
    assert run.skipped["unreadable"]["count"] == 1
    assert "impossible time" in run.skipped["unreadable"]["places"][0][1]


def test_a_file_that_breaks_off_fails_with_its_sentence(tmp_path, home, monkeypatch):
    source = written(tmp_path, a_history())

    def broken(self, source, chat, reading):
        yield from [told.Told.entry(self, chat, line, "x") for line in ['["said",1,"p1","甲","早",1]']]
        raise ValueError("The file ends in the middle of a record.")

    monkeypatch.setattr(told.Told, "read", broken)
    run = taken(source, home)
    assert (run.state, run.error, run.stored) == (ImportState.FAILED, "The file ends in the middle of a record.", 0)


def test_on_the_platform_that_was_spoken_on_nothing_is_said_twice(tmp_path):
    account = support.account("sandbox")
    group = support.adopted(account, "!a")["!a"]
    support.live(account, support.said("!a", "早", by="p1", key="m1", at=told.BEGIN + timedelta(minutes=1)))
    told.Told.platform = "sandbox"
    try:
        source = written(tmp_path, [said(1, "p1", "早", 1), said(2, "p2", "早啊", 2)])
        run = taken(source, group.community, group_id=group.pk)
    finally:
        told.Told.platform = "told"
    assert (run.stored, run.repeated) == (1, 1)
    assert set(Identity.objects.values_list("platform", flat=True)) == {"sandbox"}
    assert Message.objects.filter(group_id=group.pk).count() == 2


def test_names_alone_are_people_of_that_chat(tmp_path, home):
    taken(written(tmp_path, [said(1, "阿明", "早", 1)], key="a"), home, importer="named", chat="a")
    taken(written(tmp_path, [said(1, "阿明", "早", 1)], name="b.jsonl", key="b"), home, importer="named", chat="b")
    assert sorted(Identity.objects.values_list("external_id", flat=True)) == ["named:a:阿明", "named:b:阿明"]


def test_a_second_import_is_read_in_the_zone_of_the_first(tmp_path, home):
    source = written(tmp_path, [said(1, "p1", "早", 1)])
    first = taken(source, home, importer="named", options=Options(zone="America/New_York"))
    again = taken(source, home, importer="named")
    assert first.options["zone"] == again.options["zone"] == "America/New_York"
    other = taken(written(tmp_path, [said(1, "p1", "早", 1)], key="z"), home, importer="named", chat="z")
    assert other.options["zone"] == "Asia/Shanghai"


# ------------------------------------------------------------------ options
def test_bots_are_left_out(tmp_path, home):
    run = taken(written(tmp_path, a_history()), home, options=Options(exclude_bots=True))
    assert run.stored == 30
    assert run.skipped["excluded"]["count"] == 1
    assert not Identity.objects.filter(is_bot=True).exists()


def test_accepted_aliases_become_one_member_and_can_be_separated(tmp_path, home):
    lines = [said(n, "amy", "hi", n, "amy") for n in range(5)] + [said(9, "amy_", "back", 9, "amy_")]
    source = written(tmp_path, lines)
    looked = histories.look(source=source, importer_key="named", chat="c1", options=Options())
    assert [(alias.person, alias.into) for alias in looked.aliases] == [("amy_", "amy")]
    run = taken(source, home, importer="named", options=Options(aliases=(("amy_", "amy"),)))
    assert len(run.merged) == 1
    assert len(set(Identity.objects.values_list("member", flat=True))) == 1
    undone(run)
    assert not Identity.objects.exists()
    assert not Member.objects.exists()


def test_relays_are_proposed_and_unwrapped_to_the_people_of_that_name(tmp_path, home):
    lines = [said(n, "amy", "hi", n, "amy") for n in range(3)]
    lines += [said(20 + n, "botr", f"<{('amy', 'bob', 'cid')[n % 3]}> 第 {n} 条", 20 + n, "relay") for n in range(12)]
    source = written(tmp_path, lines)
    looked = histories.look(source=source, importer_key="told", chat="c1", options=Options())
    assert [(relay.person, relay.share, relay.people) for relay in looked.relays] == [("botr", 1.0, 3)]
    run = taken(source, home, options=Options(relays=("botr",)))
    assert run.stored == 15
    spoken = dict(Identity.objects.values_list("external_id", "pk"))
    assert set(spoken) == {"told:amy", "told:botr/bob", "told:botr/cid"}
    assert Message.objects.filter(identity_id=spoken["told:amy"]).count() == 7
    assert Message.objects.filter(text="第 1 条", identity_id=spoken["told:botr/bob"]).exists()


# ------------------------------------------------------------------ who may
def test_only_leads_of_the_community(tmp_path, home):
    people = {role: world.actor(staff) for role, staff in world.everyone(home.pk).items()}
    source = written(tmp_path, a_history())
    for role in (Role.VIEWER, Role.SERVICE, Role.OPERATOR):
        with pytest.raises(NotAllowed):
            begun(source, home, actor=people[role])
        with pytest.raises(NotAllowed):
            imports.keep_upload(actor=people[role], name="x", content=[b"x"])
    run = runs.run_import(import_id=begun(source, home, actor=people[Role.LEAD]).pk, source=source)
    assert reads.one_import(people[Role.OWNER], run.pk).stored == 31
    stranger = world.actor(world.member_of_staff(roles={world.a_community().pk: Role.OWNER}))
    with pytest.raises(NotFound):
        reads.one_import(stranger, run.pk)
    for action in (imports.undo_import, imports.stop_import, imports.go_on, imports.remove_file):
        with pytest.raises(NotFound):
            action(actor=stranger, import_id=run.pk)
        with pytest.raises(NotAllowed):
            action(actor=people[Role.OPERATOR], import_id=run.pk)


def test_unknown_formats_chats_and_zones_are_said(tmp_path, home):
    strange = tmp_path / "strange.bin"
    strange.write_bytes(b"\x00\x01\x02" * 50)
    with pytest.raises(Invalid, match="no format that Qunce reads"):
        histories.recognise(source=reads.opened(strange))
    source = written(tmp_path, a_history())
    assert histories.recognise(source=source) == "told"
    with pytest.raises(Invalid, match="no chat"):
        begun(source, home, chat="nowhere")
    with pytest.raises(Invalid, match="no time zone"):
        begun(source, home, options=Options(zone="Mars/Base"))
    with pytest.raises(Invalid, match="no file"):
        reads.opened(tmp_path / "nothing.json")


# ------------------------------------------------------------------ how such a group is shown
def test_a_group_with_only_a_history_asks_for_no_account(tmp_path, home, client):
    from qunce.chat.selectors import seats, selectable
    from qunce.chat.types import Selection
    from qunce.community import selectors as groups
    from qunce.community.types import GroupFilter

    run = taken(written(tmp_path, a_history()), home)
    assert not seats.unread(groups.find_groups(SYSTEM, GroupFilter())).exists()
    assert not selectable(SYSTEM, Selection(community_ids=(home.pk,))).exists()
    client.force_login(world.owner())
    page = client.get(f"/groups/{run.group_id}/").content.decode()
    assert "None of our accounts" not in page
    assert "Only its history is here" in page
    assert "Imported history" in client.get("/groups/").content.decode()
    community_page = client.get(f"/communities/{home.pk}/notice/")
    assert community_page.status_code == 200
    assert "老群" not in community_page.content.decode()
    member = Identity.objects.get(external_id="told:p1").member_id
    assert "Imported history" in client.get(f"/members/{member}/").content.decode()
    assert client.get("/").status_code == 200
