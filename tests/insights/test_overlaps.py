"""Histories that tell what is here already, under other ids: each message is here once, and counted where it was."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qunce.chat import actions as chat
from qunce.chat.models import MemberDay, Message
from qunce.chat.types import Batch, Media, MessageDeleted, MessageEdited, MessageReceived, Origin
from qunce.insights.actions import runs
from qunce.insights.importer import importers
from qunce.insights.importers._ids import Ids
from qunce.insights.models import Import
from qunce.insights.types import ImportState
from qunce.members.models import Identity
from tests.chat import support
from tests.insights import told
from tests.insights.taking import begun, counted, stays, taken, undone
from tests.insights.told import BEGIN, said, written
from tests.support import world

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = ("p1", "p2")


class Loose(told.Told):
    """A format without ids of its own, on the platform of the live group."""

    key = "loose"
    title = "Loose (tests)"
    platform = "sandbox"

    def read(self, source, chat, reading):
        ids = Ids()
        for entry in super().read(source, chat, reading):
            if isinstance(entry, MessageReceived):
                at, who = self.stamp(entry.sent_at), entry.sender
                yield MessageReceived(
                    chat, ids.of(at, who.external_id, entry.text), at, who, entry.text, self.parts(entry.text)
                )
            else:
                yield entry

    def stamp(self, at):
        return at

    def parts(self, text):
        return (Media("image", ""),) if text == "[image]" else None


class Coarse(Loose):
    """The same to the minute, with names alone."""

    key = "coarse"
    title = "Coarse (tests)"
    by_name = True
    coarse = True

    def entry(self, chat, line, place):
        entry = super().entry(chat, line, place)
        if isinstance(entry, MessageReceived):
            name = entry.sender.name
            return MessageReceived(chat, "", entry.sent_at, type(entry.sender)(name, name), entry.text)
        return entry

    def stamp(self, at):
        return at.replace(second=0)


@pytest.fixture(autouse=True)
def formats():
    with told.installed():
        kinds = importers._load()
        kinds |= {"loose": Loose, "coarse": Coarse}
        try:
            yield
        finally:
            del kinds["loose"], kinds["coarse"]


@pytest.fixture
def group():
    account = support.account("sandbox")
    return support.adopted(account, "!a")["!a"], account


def line(second, who, text):
    return said(second / 60, who, text, 0)


def live(account, group, told_live):
    events = [
        support.said(group.external_id, text, by=who, name=f"人{who}", at=BEGIN + timedelta(seconds=second))
        for second, who, text in told_live
    ]
    support.live(account, *events)


def held(group, unit):
    names = dict(Identity.objects.values_list("pk", "name"))
    rows = Message.objects.filter(group_id=group.pk).values_list("sent_at", "identity_id", "text")
    return Counter((int((at - BEGIN).total_seconds()) // unit, names[who], text) for at, who, text in rows)


histories = st.lists(
    st.tuples(st.integers(0, 600), st.sampled_from(PEOPLE), st.sampled_from(["1", "2", "好的"])), max_size=40
).map(sorted)
stretches = st.tuples(st.integers(0, 11), st.integers(0, 11)).map(sorted)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=histories,
    heard=stretches,
    exports=st.lists(st.tuples(stretches, st.sampled_from(["loose", "coarse"])), min_size=1, max_size=3),
)
def test_the_union_is_there_once(tmp_path, monkeypatch, history, heard, exports):
    monkeypatch.setattr(runs, "PORTION", 1 + len(history) % 5)
    account = support.account("sandbox")
    room = f"!{account.pk}"
    group = support.adopted(account, room)[room]

    def within(stretch):
        return [each for each in history if stretch[0] * 60 <= each[0] < stretch[1] * 60]

    live(account, group, within(heard))
    covered = set(range(*heard))
    for number, (stretch, key) in enumerate(exports):
        source = written(tmp_path, [line(*each) for each in within(stretch)], name=f"{number}.jsonl")
        run = taken(source, group.community, importer=key, group_id=group.pk)
        there = sum(each[0] // 60 in covered for each in within(stretch))
        assert (run.state, run.stored, run.repeated) == (ImportState.DONE, len(within(stretch)) - there, there)
        covered |= set(range(*stretch))
    expected = Counter((second // 60, f"人{who}", text) for second, who, text in history if second // 60 in covered)
    assert held(group, 60) == expected


def test_what_we_have_wins_and_is_counted(tmp_path, group):
    group, account = group
    live(account, group, [(5, "p1", "1"), (65, "p1", "1"), (70, "p2", "@张三 你好"), (80, "p2", "[image]")])
    support.live(
        account,
        support.said(
            "!a", "[a.jpg]", by="p1", at=BEGIN + timedelta(seconds=90), parts=(Media("image", "", "a.jpg"),)
        ),
    )
    lines = [
        line(5, "p1", "1"),
        line(66, "p1", "1"),  # a second later: another one
        line(65, "p2", "1"),  # somebody else
        line(70, "p2", "@小张 你好 "),
        line(90, "p1", "[image]"),
    ]
    before = set(Message.objects.values_list("external_id", flat=True))
    run = taken(written(tmp_path, lines), group.community, importer="loose", group_id=group.pk)
    assert (run.stored, run.repeated) == (2, 3)
    assert before <= set(Message.objects.values_list("external_id", flat=True))


def test_what_was_taken_back_here_does_not_come_back(tmp_path, group):
    group, account = group
    support.live(account, support.said("!a", "错了", by="p1", key="gone", at=BEGIN))
    support.live(account, MessageDeleted("!a", "gone", BEGIN + timedelta(seconds=5)))
    run = taken(written(tmp_path, [line(0, "p1", "错了")]), group.community, importer="loose", group_id=group.pk)
    assert (run.stored, run.repeated) == (0, 1)
    assert Message.objects.get().text == ""


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_cut_off_in_the_middle_each_is_found_once(tmp_path, group, monkeypatch, cut):
    group, account = group
    live(account, group, [(0, "p1", "1"), (0, "p1", "1"), (1, "p2", "2")])
    monkeypatch.setattr(runs, "PORTION", 1)
    source = written(tmp_path, [line(0, "p1", "1")] * 3 + [line(1, "p2", "2")])
    run = begun(source, group.community, importer="loose", group_id=group.pk)

    class Killed(BaseException):
        pass

    def die(after):
        if after.entries_done == cut:
            raise Killed

    with pytest.raises(Killed):
        runs.run_import(import_id=run.pk, source=source, progress=die)
    end = runs.run_import(import_id=run.pk, source=source)
    assert (end.stored, end.repeated) == (1, 3)


# ------------------------------------------------------------------ read back by an account, later
def read_back(account, group, told_back):
    events = [
        support.said(group.external_id, text, by=who, name=f"人{who}", key=key, at=BEGIN + timedelta(seconds=second))
        for key, (second, who, text) in told_back
    ]
    return chat.ingest(Batch(account.pk, Origin.BACKFILL, events))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=histories,
    turns=st.lists(st.tuples(stretches, st.sampled_from(["loose", "coarse", "back"])), min_size=2, max_size=4),
)
@example(history=[(1, "p1", "1")], turns=[([0, 1], "coarse"), ([0, 1], "back"), ([0, 1], "loose")])
def test_the_union_is_there_once_in_whatever_order_accounts_and_histories_tell(tmp_path, history, turns):
    account = support.account("sandbox")
    room = f"!{account.pk}"
    group = support.adopted(account, room)[room]
    covered = set()
    for number, (stretch, key) in enumerate(turns):
        within = [
            (f"$h{at}", each) for at, each in enumerate(history) if stretch[0] * 60 <= each[0] < stretch[1] * 60
        ]
        there = sum(each[0] // 60 in covered for _key, each in within)
        if key == "back":
            told_now = read_back(account, group, within)
        else:
            source = written(tmp_path, [line(*each) for _key, each in within], name=f"{number}.jsonl")
            told_now = taken(source, group.community, importer=key, group_id=group.pk)
        assert (told_now.stored, told_now.repeated) == (len(within) - there, there)
        covered |= set(range(*stretch))
    expected = Counter((second // 60, f"人{who}", text) for second, who, text in history if second // 60 in covered)
    assert held(group, 60) == expected


@pytest.mark.parametrize("key", ["loose", "coarse"])
def test_what_an_account_reads_back_is_its_platforms_from_then_on(tmp_path, group, key):
    group, account = group
    lines = [line(5, "p1", "明天几点?"), line(65, "p2", "八点"), line(500, "p1", "很久以后")]
    run = taken(written(tmp_path, lines), group.community, importer=key, group_id=group.pk)
    told_back = [("$q", (5, "p1", "明天几点?")), ("$a", (65, "p2", "八点"))]
    for stored, repeated in ((0, 2), (0, 2)):
        done = read_back(account, group, told_back)
        assert (done.stored, done.repeated) == (stored, repeated)
    support.live(account, MessageEdited("!a", "$a", BEGIN + timedelta(seconds=70), "九点"))
    assert dict(Message.objects.values_list("external_id", "text")).items() >= {("$q", "明天几点?"), ("$a", "九点")}
    undone(run)
    assert sorted(Message.objects.values_list("external_id", flat=True)) == ["$a", "$q"]
    assert sum(MemberDay.objects.values_list("messages", flat=True)) == 2


# ------------------------------------------------------------------ two that share messages
def two(tmp_path):
    home = world.a_community()
    joined = [["joined", 0, "p1", "人p1"], ["joined", 1, "p2", "人p2"]]
    first = [*joined, *(said(10 + k, f"p{k % 3}", f"第 {k} 条", k) for k in range(20))]
    second = [joined[0], *(said(10 + k, f"p{k % 3}", f"第 {k} 条", k) for k in range(10, 30))]
    return home, written(tmp_path, first), written(tmp_path, second, name="second.jsonl")


def test_undoing_the_first_leaves_what_the_second_also_brought(tmp_path):
    home, first, second = two(tmp_path)
    alone = taken(second, home, chat="c1")
    expected, were = counted(), stays()
    undone(alone)
    one = taken(first, home)
    other = taken(second, home, name="again")
    assert (other.stored, other.repeated, other.joined) == (10, 10, 0)
    undone(one)
    assert [each[1:] for each in counted()[3]] == [each[1:] for each in expected[3]]
    assert counted()[:3] == expected[:3]
    assert [each for each in stays() if "True" not in each[1]] == [each for each in were if "True" not in each[1]]
    assert undone(other).state == ImportState.UNDONE
    assert not Message.objects.exists()
    assert not Identity.objects.exists()


def test_undoing_the_second_leaves_the_first_as_it_was(tmp_path):
    home, first, second = two(tmp_path)
    taken(first, home)
    before, were = counted(), stays()
    undone(taken(second, home))
    assert (counted(), stays()) == (before, were)


def test_an_import_between_the_halves_of_another_keeps_its_own(tmp_path, monkeypatch):
    home, first, _second = two(tmp_path)
    monkeypatch.setattr(runs, "PORTION", 5)
    half = begun(first, home)

    class Killed(BaseException):
        pass

    def die(_after):
        raise Killed

    with pytest.raises(Killed):
        runs.run_import(import_id=half.pk, source=first, progress=die)
    Import.objects.filter(pk=half.pk).update(state=ImportState.STOPPED, runner=None)
    between = taken(written(tmp_path, [said(500, "p7", "中间", 700)], name="m.jsonl"), home)
    again = begun(first, home)
    assert again.pk == half.pk
    undone(runs.run_import(import_id=again.pk, source=first))
    assert list(Message.objects.values_list("text", flat=True)) == ["中间"]
    undone(between)
    assert not Message.objects.exists()
