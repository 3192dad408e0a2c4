"""Members become one and are taken apart again, in any order, with nothing lost; also while messages come in."""

import threading
from itertools import count

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from qunce.members import actions, selectors
from qunce.members.models import Identity, Member
from qunce.members.types import Account, Colleague, EntryKind, MemberFilter, NextStep
from tests.chat.support import account, adopted, live, said

pytestmark = pytest.mark.django_db(transaction=True)
_batches = count(1)


@pytest.fixture
def group():
    made = account()
    found = adopted(made, "!a")["!a"]
    found.account = made
    return found


def people(group, *names):
    """Members who have spoken in the group, by name."""
    live(group.account, *(said("!a", "hi", by=f"@{name}", name=name) for name in names))
    return [Identity.objects.get(external_id=f"@{name}").member_id for name in names]


def merge(member_id, into_id, actor=SYSTEM):
    return actions.merge_members(actor=actor, member_id=member_id, into_id=into_id)


def separate(member_id, actor=SYSTEM):
    return actions.separate_member(actor=actor, member_id=member_id)


def owners():
    return dict(Identity.objects.values_list("external_id", "member_id"))


def listed(text=""):
    return [member.name for member in selectors.find_members(SYSTEM, MemberFilter(text=text))[0]]


def profile(member_id):
    return selectors.profile(selectors.member(SYSTEM, member_id))


def test_two_become_one_and_part_again(group):
    zhang, li = people(group, "张三", "李四")
    actions.tag_member(actor=SYSTEM, member_id=zhang, add=["新手"])
    actions.tag_member(actor=SYSTEM, member_id=li, add=["摄影"])
    actions.add_note(actor=SYSTEM, member_id=li, text="爱问问题")
    actions.name_colleague(actor=SYSTEM, member_id=li, colleague=Colleague(7, "陈默"))
    actions.set_core(actor=SYSTEM, member_id=li, core=True)
    merge(li, zhang)
    one = profile(zhang)
    assert (one.tags, one.named, one.is_core) == (("新手", "摄影"), Colleague(7, "陈默"), True)
    assert [row.name for row in one.merged] == ["李四"]
    assert listed() == listed("李四") == listed("lisi") == ["张三"]
    assert [member.name for member in selectors.find_members(SYSTEM, MemberFilter(tag="摄影"))[0]] == ["张三"]
    assert selectors.member(SYSTEM, li).pk == zhang
    assert "爱问问题" in [entry.text for entry in selectors.entries(one.member)]
    assert set(owners().values()) == {zhang}
    actions.tag_member(actor=SYSTEM, member_id=zhang, add=["同一人"])
    separate(li)
    assert (profile(zhang).tags, profile(zhang).named, profile(zhang).is_core) == (("新手", "同一人"), None, False)
    assert (profile(li).tags, profile(li).named, profile(li).is_core) == (("摄影",), Colleague(7, "陈默"), True)
    assert owners() == {"@张三": zhang, "@李四": li}
    assert listed() == ["李四", "张三"]
    assert [entry.kind for entry in selectors.entries(profile(zhang).member)][:3] == [
        *(EntryKind.SEPARATED, EntryKind.TAGGED, EntryKind.MERGED),
    ]
    assert {"member.merged", "member.separated"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_what_is_taken_away_from_one_person_is_gone_wherever_it_stood(group):
    zhang, li = people(group, "张三", "李四")
    actions.tag_member(actor=SYSTEM, member_id=li, add=["摄影"])
    actions.set_next_step(actor=SYSTEM, member_id=li, step=NextStep("问近况"))
    merge(li, zhang)
    actions.tag_member(actor=SYSTEM, member_id=zhang, remove=["摄影"])
    actions.finish_step(actor=SYSTEM, member_id=zhang, done=True)
    assert selectors.tags(SYSTEM) == []
    assert profile(zhang).step is None
    separate(li)
    assert (profile(li).tags, profile(li).step) == ((), None)


def test_what_makes_no_sense_is_said(group):
    zhang, li, wang = people(group, "张三", "李四", "王五")
    live(group.account, said("!a", "beep", by="@bot", name="Bot", is_bot=True))
    bot = Identity.objects.get(external_id="@bot").member_id
    with pytest.raises(Invalid, match="same member twice"):
        merge(zhang, zhang)
    with pytest.raises(Conflict, match="of their own already"):
        separate(zhang)
    merge(li, zhang)
    with pytest.raises(Invalid, match="one member already"):
        merge(li, zhang)
    with pytest.raises(Invalid, match="one member already"):
        merge(zhang, li)
    with pytest.raises(Conflict, match="merged into another"):
        merge(li, wang)
    with pytest.raises(Conflict, match="merged into another"):
        merge(wang, li)
    with pytest.raises(Invalid, match="is a bot"):
        merge(bot, zhang)
    with pytest.raises(NotFound):
        separate(999_999)


def test_it_needs_an_operator_of_both(group):
    zhang, li = people(group, "张三", "李四")
    other = adopted(group.account, "!b")["!b"]
    live(group.account, said("!b", "hi", by="@far", name="远方"))
    far = Identity.objects.get(external_id="@far").member_id
    group.refresh_from_db()
    other.refresh_from_db()
    here = {group.community_id: Role.OPERATOR}
    with pytest.raises(NotAllowed):
        merge(li, zhang, Actor(id=5, name="Mei", grants={group.community_id: Role.SERVICE}))
    with pytest.raises(NotFound):
        merge(far, zhang, Actor(id=5, name="Mei", grants=here))
    with pytest.raises(NotAllowed):
        merge(far, zhang, Actor(id=5, name="Mei", grants={**here, other.community_id: Role.VIEWER}))
    merge(far, zhang, Actor(id=5, name="Mei", grants={**here, other.community_id: Role.OPERATOR}))


# ------------------------------------------------------------------ any order
NAMES = ["甲一", "乙二", "丙三", "丁四", "戊五", "己六"]
steps = st.lists(st.tuples(st.sampled_from(["merge", "separate"]), st.integers(0, 5), st.integers(0, 5)), max_size=14)


def state():
    """Everything that merging could disturb."""
    return (
        owners(),
        list(Member.objects.order_by("pk").values_list("pk", "name", "tags", "named_id", "is_core", "step", "root")),
        dict(Identity.objects.values_list("external_id", "name")),
    )


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_any_sequence_undone_is_the_start(group, sequence):
    run = next(_batches)
    ids = people(group, *(f"{name}{run}" for name in NAMES))
    for number, key in enumerate(ids):
        actions.tag_member(actor=SYSTEM, member_id=key, add=[f"t{number % 3}"])
        actions.name_colleague(actor=SYSTEM, member_id=key, colleague=Colleague(number, "某"))
    start = state()
    above = dict.fromkeys(ids)

    def top(key):
        return key if above[key] is None else top(above[key])

    for what, one, other in sequence:
        one, other = ids[one], ids[other]  # noqa: PLW2901 (places become ids)
        try:
            if what == "merge":
                merge(one, other)
                above[one] = other
            else:
                separate(one)
                above[one] = None
        except (Invalid, Conflict):
            pass
        now = dict(Identity.objects.filter(home__in=ids).values_list("home", "member"))
        assert now == {key: top(key) for key in ids}
        assert dict(Member.objects.filter(pk__in=ids).values_list("pk", "root")) == now
        for key in ids:
            if top(key) == key:
                everyone = [each for each in ids if top(each) == key]
                assert set(profile(key).tags) == {f"t{ids.index(each) % 3}" for each in everyone}
    for key in ids:
        if above[key] is not None:
            separate(key)
    assert state() == start


# ------------------------------------------------------------------ at once
def beside(work):
    """Run it in another connection; returns the thread and where its failure would be."""
    failed = []

    def run():
        try:
            work()
        except Exception as error:  # noqa: BLE001 (told by the test)
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failed


def test_merging_while_their_messages_come_in(group):
    zhang, li = people(group, "张三", "李四")
    accounts = {f"@{name}": Account(f"@{name}", after) for name, after in (("李四", "李小四"), ("张三", "张小三"))}

    def arrive():
        with transaction.atomic():
            actions.resolve_identities(platform="sandbox", accounts={**accounts, "@new": Account("@new", "新人")})

    with transaction.atomic():
        merge(li, zhang)
        thread, failed = beside(arrive)
        thread.join(0.5)
        assert thread.is_alive()  # it waits for the merge rather than working past it
    thread.join(10)
    assert not failed, failed
    assert owners() | {"@new": 0} == {"@张三": zhang, "@李四": zhang, "@new": 0}
    assert dict(Member.objects.filter(pk__in=[zhang, li]).values_list("pk", "name")) == {
        zhang: "张小三",
        li: "李小四",
    }
    separate(li)
    assert profile(li).member.name == "李小四"


def test_arriving_first_does_not_lose_the_merge(group):
    zhang, li = people(group, "张三", "李四")
    with transaction.atomic():
        actions.resolve_identities(platform="sandbox", accounts={"@李四": Account("@李四", "李小四")})
        thread, failed = beside(lambda: merge(li, zhang))
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(10)
    assert not failed, failed
    assert set(owners().values()) == {zhang}


def test_two_who_merge_each_other_at_once_make_no_circle(group):
    zhang, li = people(group, "张三", "李四")
    with transaction.atomic():
        merge(li, zhang)
        thread, failed = beside(lambda: merge(zhang, li))
        thread.join(0.5)
    thread.join(10)
    assert [type(error) for error in failed] in ([Conflict], [Invalid])
    assert set(owners().values()) == {zhang}


def test_separating_while_the_whole_is_merged_on(group):
    zhang, li, wang = people(group, "张三", "李四", "王五")
    merge(li, zhang)
    with transaction.atomic():
        merge(zhang, wang)
        thread, failed = beside(lambda: separate(li))
        thread.join(0.5)
    thread.join(10)
    assert [type(error) for error in failed] == [Conflict]
    assert set(owners().values()) == {wang}
    separate(li)
    separate(zhang)
    assert owners() == {"@张三": zhang, "@李四": li, "@王五": wang}


# ------------------------------------------------------------------ who could be the same
def test_the_same_name_elsewhere_is_proposed_and_nothing_is_done(group):
    (zhang,) = people(group, "张三")
    with transaction.atomic():
        ids = actions.resolve_identities(
            platform="telegram",
            accounts={key: Account(key, name) for key, name in (("1", "章三"), ("2", "张三"), ("3", "张三丰"))},
        )
        actions.record_presence(pairs=[(group.pk, key) for key in ids.values()], at=group.adopted_at)
    people(group, "张叁")
    found = selectors.alike(SYSTEM, selectors.member(SYSTEM, zhang))
    assert [member.name for member in found] == ["张三", "章三"]
    assert Member.objects.filter(merged_into__isnull=False).count() == 0
