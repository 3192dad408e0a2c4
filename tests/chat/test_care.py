"""Nobody core is forgotten: when something was last heard from whom, and who keeps in touch."""

from datetime import timedelta

import pytest

from qunce.chat.selectors import care, timeline
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.members import actions as members
from qunce.members import selectors
from qunce.members.models import Identity
from qunce.members.types import Colleague
from tests.chat.support import account, adopted, live, said

pytestmark = pytest.mark.django_db(transaction=True)
MEI = Colleague(7, "Mei")


@pytest.fixture
def core():
    """Four core members who last spoke 1, 10, 20 and 200 days ago; by name."""
    made = account()
    group = adopted(made, "!a")["!a"]
    now = clock.now()
    for name, days in (("甲", 1), ("乙", 10), ("丙", 20), ("丁", 200)):
        live(made, said("!a", "hi", by=f"@{name}", name=name, at=now - timedelta(days=days)))
    ids = {identity.name: identity.member_id for identity in Identity.objects.all()}
    for key in ids.values():
        members.set_core(actor=SYSTEM, member_id=key, core=True)
    group.refresh_from_db()
    return group, ids


def overdue(**wanted):
    found = care.core_members(SYSTEM, active_staff={MEI.id}, **wanted)
    return [each.profile.member.name for each in found if each.is_overdue]


def test_who_was_not_heard_of_for_two_weeks_waits(core):
    assert overdue() == ["丁", "丙"]
    assert overdue(days=14) == ["丙", "丁"]


def test_a_note_is_a_contact_and_whoever_was_just_named_has_time(core):
    _group, ids = core
    members.add_note(actor=SYSTEM, member_id=ids["丙"], text="打过电话")
    assert overdue() == ["丁"]
    members.name_colleague(actor=SYSTEM, member_id=ids["丁"], colleague=MEI)
    assert overdue() == []
    with clock.at(clock.now() + timedelta(days=15)):
        assert set(overdue()) == set(ids)
        assert overdue(staff_id=MEI.id) == ["丁"]


def test_who_works_here_no_more_cares_for_nobody(core):
    _group, ids = core
    members.name_colleague(actor=SYSTEM, member_id=ids["丁"], colleague=Colleague(8, "Gone"))
    found = {each.profile.member.name: each for each in care.core_members(SYSTEM, active_staff={MEI.id})}
    assert not found["丁"].is_named
    assert found["丁"].is_overdue


def test_one_cares_only_for_those_one_sees(core):
    group, _ids = core
    mine = Actor(id=1, name="A", grants={group.community_id: Role.VIEWER})
    assert len(care.core_members(mine, active_staff=())) == 4
    assert care.core_members(Actor(id=2, name="B", grants={999_999: Role.VIEWER}), active_staff=()) == []


def test_what_the_team_did_stands_in_the_timeline_and_sayings_are_counted(core):
    _group, ids = core
    members.tag_member(actor=SYSTEM, member_id=ids["甲"], add=["摄影"])
    past = timeline.timeline(SYSTEM, ids["甲"])
    assert [entry.kind for day in past.days for entry in day.entries] == ["tagged", "core"]
    said = timeline.sayings(SYSTEM, selectors.member(SYSTEM, ids["甲"]))
    assert (said.total, sum(said.line), len(said.line)) == (1, 1, timeline.LINE)
    assert timeline.sayings(SYSTEM, selectors.member(SYSTEM, ids["丁"])).line == [0] * timeline.LINE
