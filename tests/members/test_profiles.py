"""What the team puts on members: who may, what is said of it, and what makes no sense."""

from datetime import date, timedelta

import pytest

from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from qunce.members import actions, selectors
from qunce.members.models import Identity
from qunce.members.types import Colleague, EntryKind, MemberFilter, NextStep
from tests.chat.support import account, adopted, live, said

pytestmark = pytest.mark.django_db(transaction=True)
MEI = Colleague(5, "Mei")


@pytest.fixture
def zhang():
    """张三 in one group; actors by role in its community."""
    made = account()
    group = adopted(made, "!a")["!a"]
    live(made, said("!a", "hi", by="@zhang", name="张三"))
    member = Identity.objects.get(external_id="@zhang").member
    group.refresh_from_db()
    member.account = made
    member.actors = {
        role: Actor(id=5 + number, name=f"{role}", grants={group.community_id: role})
        for number, role in enumerate(Role)
    }
    return member


def profile(member):
    return selectors.profile(selectors.member(SYSTEM, member.pk))


def found(text="", **wanted):
    return [each.name for each in selectors.find_members(SYSTEM, MemberFilter(text=text, **wanted))[0]]


def test_tags_are_tidied_offered_and_gone_with_the_last_who_has_them(zhang):
    actor = zhang.actors[Role.OPERATOR]
    assert actions.tag_member(actor=actor, member_id=zhang.pk, add=[" 爱 摄影 ", "爱 摄影", "", "ｖｉｐ"]) == [
        "爱 摄影",
        "vip",
    ]
    assert selectors.tags(actor) == ["vip", "爱 摄影"]
    assert selectors.tags(actor, "摄") == ["爱 摄影"]
    assert found(tag="vip") == ["张三"]
    assert actions.tag_member(actor=actor, member_id=zhang.pk, remove=["vip"]) == ["爱 摄影"]
    assert selectors.tags(actor) == ["爱 摄影"]
    assert found(tag="vip") == []
    assert selectors.tags(Actor(id=1, name="Nobody")) == []
    with pytest.raises(Invalid, match="longer than"):
        actions.tag_member(actor=actor, member_id=zhang.pk, add=["长" * 41])
    with pytest.raises(Invalid, match="at most 30"):
        actions.tag_member(actor=actor, member_id=zhang.pk, add=[f"t{n}" for n in range(30)])
    assert profile(zhang).tags == ("爱 摄影",)


def test_a_given_name_is_kept_and_both_are_found(zhang):
    actions.rename_member(actor=zhang.actors[Role.OPERATOR], member_id=zhang.pk, name=" 张 老师 ")
    assert found("zls") == found("zhangsan") == found("张三") == ["张 老师"]
    live(zhang.account, said("!a", "hi", by="@zhang", name="张小三"))
    assert found("zxs") == found("laoshi") == ["张 老师"]
    assert found("zhangsan") == []
    with pytest.raises(Invalid):
        actions.rename_member(actor=SYSTEM, member_id=zhang.pk, name=" ")


def test_notes_belong_to_who_wrote_them(zhang):
    service, operator = zhang.actors[Role.SERVICE], zhang.actors[Role.OPERATOR]
    actions.add_note(actor=service, member_id=zhang.pk, text=" 爱问\r\n问题 ")
    (note,) = selectors.notes([zhang.pk])[zhang.pk]
    assert (note.text, note.by_name) == ("爱问\n问题", "service")
    with pytest.raises(NotAllowed):
        actions.remove_note(actor=operator, member_id=zhang.pk, entry_id=note.pk)
    with pytest.raises(NotFound):
        actions.remove_note(actor=service, member_id=zhang.pk, entry_id=note.pk + 1)
    actions.remove_note(actor=zhang.actors[Role.LEAD], member_id=zhang.pk, entry_id=note.pk)
    assert selectors.notes([zhang.pk]) == {}
    with pytest.raises(Invalid):
        actions.add_note(actor=service, member_id=zhang.pk, text=" \n")


def test_a_next_step_has_a_date_and_a_person_and_an_end(zhang):
    actor = zhang.actors[Role.OPERATOR]
    due = date(2026, 12, 1)
    actions.set_next_step(actor=actor, member_id=zhang.pk, step=NextStep(" 问 近况 ", due, MEI))
    assert profile(zhang).step == NextStep("问 近况", due, MEI)
    assert [each.member.name for each in selectors.next_steps(actor, MEI.id)] == ["张三"]
    assert selectors.next_steps(actor, MEI.id + 1) == []
    actions.set_next_step(actor=actor, member_id=zhang.pk, step=NextStep("请喝茶"))
    assert selectors.next_steps(actor, MEI.id) == []
    actions.finish_step(actor=zhang.actors[Role.SERVICE], member_id=zhang.pk, done=True)
    with pytest.raises(Conflict):
        actions.finish_step(actor=actor, member_id=zhang.pk, done=False)
    kinds = [entry.kind for entry in selectors.entries(profile(zhang).member)]
    assert kinds == [EntryKind.STEP_DONE, EntryKind.STEP, EntryKind.STEP]


def test_core_members_and_who_is_named(zhang):
    actor = zhang.actors[Role.OPERATOR]
    actions.set_core(actor=actor, member_id=zhang.pk, core=True)
    actions.set_core(actor=actor, member_id=zhang.pk, core=True)
    assert found(core=True) == found(named_id=0) == ["张三"]
    actions.name_colleague(actor=actor, member_id=zhang.pk, colleague=MEI)
    assert found(named_id=MEI.id) == ["张三"]
    assert found(named_id=0) == found(named_id=MEI.id + 1) == []
    actions.name_colleague(actor=actor, member_id=zhang.pk, colleague=None)
    actions.set_core(actor=actor, member_id=zhang.pk, core=False)
    assert found(core=True) == []
    said_of = AuditEntry.objects.filter(
        action__in=["member.core", "member.named", "member.unnamed", "member.no_core"]
    )
    assert said_of.count() == 4


CHANGES = [
    lambda actor, key: actions.tag_member(actor=actor, member_id=key, add=["x"]),
    lambda actor, key: actions.rename_member(actor=actor, member_id=key, name="x"),
    lambda actor, key: actions.set_core(actor=actor, member_id=key, core=True),
    lambda actor, key: actions.set_team(actor=actor, member_id=key, team=True),
    lambda actor, key: actions.name_colleague(actor=actor, member_id=key, colleague=MEI),
    lambda actor, key: actions.set_next_step(actor=actor, member_id=key, step=NextStep("x")),
]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_need_an_operator_where_the_member_is(zhang, change):
    for role in (Role.VIEWER, Role.SERVICE):
        with pytest.raises(NotAllowed):
            change(zhang.actors[role], zhang.pk)
    with pytest.raises(NotFound):
        change(Actor(id=9, name="Far", grants={999_999: Role.OWNER}), zhang.pk)
    assert not AuditEntry.objects.filter(action__startswith="member.").exists()
    change(zhang.actors[Role.OPERATOR], zhang.pk)
    entry = AuditEntry.objects.get(action__startswith="member.")
    assert entry.community_id in zhang.actors[Role.OPERATOR].grants


def test_an_export_is_written_down_and_needs_a_lead(zhang):
    with pytest.raises(NotAllowed):
        actions.record_export(actor=zhang.actors[Role.OPERATOR], count_at_least=1, what="all")
    actions.record_export(actor=zhang.actors[Role.LEAD], count_at_least=1, what="all")
    assert AuditEntry.objects.get(action="member.exported").community_id in zhang.actors[Role.LEAD].grants
    assert clock.now() - AuditEntry.objects.get(action="member.exported").at < timedelta(minutes=1)
