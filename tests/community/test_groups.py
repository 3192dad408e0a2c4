"""Groups: found by accounts, taken into communities, tagged, archived; and who may see which."""

import pytest

from qunce.community import actions, selectors
from qunce.community.models import Group
from qunce.community.types import CommunityProfile, FoundGroup, GroupFilter, GroupOrder, GroupState
from qunce.kernel import audit, events, revisions
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db

OPERATOR = Actor(id=1, name="Lin", grants={None: Role.OPERATOR})
VIEWER = Actor(id=2, name="Wei", grants={None: Role.VIEWER})


def community(name: str = "Readers", zone: str = "Asia/Shanghai") -> int:
    return actions.create_community(actor=SYSTEM, profile=CommunityProfile(name, zone=zone)).pk


def found(*names: str, platform: str = "matrix", members: int | None = None) -> list[int]:
    ids = actions.record_found(platform=platform, found=[FoundGroup(f"!{n}", n, member_count=members) for n in names])
    return [ids[f"!{n}"] for n in names]


def adopted(community_id: int, *names: str) -> list[int]:
    ids = found(*names)
    actions.adopt_groups(actor=SYSTEM, community_id=community_id, group_ids=ids)
    return ids


def of(community_id: int, role: Role) -> Actor:
    return Actor(id=3, name="Mei", grants={community_id: role})


@pytest.fixture
def published(monkeypatch):
    """The events that were published, as they are stored for subscribers."""
    seen = []
    real = events.publish
    monkeypatch.setattr(events, "publish", lambda event: (seen.append(event), real(event)))
    return seen


def names(actor: Actor, **wanted: object) -> list[str]:
    return [group.name for group in selectors.find_groups(actor, GroupFilter(**wanted))]


def test_adopting_many_at_once_is_one_sentence_and_one_event(published):
    target, ids = community(), found("a", "b", "c")
    AuditEntry.objects.all().delete()
    before = revisions.current()["groups"]
    assert actions.adopt_groups(actor=OPERATOR, community_id=target, group_ids=ids) == ids
    assert audit.say(AuditEntry.objects.get()) == "Lin took 3 groups into Readers, a among them."
    assert [type(event).__name__ for event in published] == ["GroupsAdopted"]
    assert sorted(published[0].group_ids) == sorted(ids)
    assert revisions.current()["groups"] == before + 1
    assert {facts.id for facts in selectors.group_facts(ids)} == set(ids)


def test_adopting_again_changes_nothing(published):
    target = community()
    ids = adopted(target, "a")
    published.clear()
    assert actions.adopt_groups(actor=OPERATOR, community_id=target, group_ids=ids) == []
    assert published == []


def test_adopting_needs_an_operator_here_and_of_all_communities():
    target, ids = community(), found("a")
    with pytest.raises(NotAllowed):
        actions.adopt_groups(actor=VIEWER, community_id=target, group_ids=ids)
    with pytest.raises(NotFound):
        actions.adopt_groups(actor=of(target, Role.OWNER), community_id=target, group_ids=ids)
    assert Group.objects.get().community_id is None


def test_moving_needs_an_operator_on_both_sides_and_is_recorded_on_both():
    here, there = community("Here"), community("There")
    ids = adopted(here, "a")
    with pytest.raises(NotFound):
        actions.adopt_groups(actor=of(there, Role.OWNER), community_id=there, group_ids=ids)
    both = Actor(id=3, name="Mei", grants={here: Role.OPERATOR, there: Role.OPERATOR})
    AuditEntry.objects.all().delete()
    assert actions.adopt_groups(actor=both, community_id=there, group_ids=ids) == ids
    assert {(entry.community_id, audit.say(entry)) for entry in AuditEntry.objects.all()} == {
        (here, "Mei moved the group a from Here to There."),
        (there, "Mei took the group a into There."),
    }


def test_nothing_is_adopted_into_an_archived_community():
    target, ids = community(), found("a")
    actions.archive_community(actor=SYSTEM, community_id=target)
    with pytest.raises(Conflict):
        actions.adopt_groups(actor=OPERATOR, community_id=target, group_ids=ids)


def test_one_invisible_group_stops_the_whole_change():
    mine, other = community("Mine"), community("Other")
    ids = [*adopted(mine, "a"), *adopted(other, "b")]
    with pytest.raises(NotFound):
        actions.tag_groups(actor=of(mine, Role.OPERATOR), group_ids=ids, add=["x"])
    assert not Group.objects.filter(tags=["x"]).exists()


def test_release_undoes_adoption_and_is_seen_by_the_pipeline(published):
    target = community()
    ids = adopted(target, "a", "b")
    assert actions.release_groups(actor=of(target, Role.OPERATOR), group_ids=ids[:1]) == ids[:1]
    assert [facts.id for facts in selectors.group_facts(ids)] == ids[1:]
    assert type(published[-1]).__name__ == "GroupsReleased"
    assert actions.adopt_groups(actor=OPERATOR, community_id=target, group_ids=ids) == ids[:1]


def test_archived_groups_are_out_of_service_until_restored():
    target = community()
    ids = adopted(target, "a", "b")
    actions.archive_groups(actor=OPERATOR, group_ids=ids[:1])
    assert [facts.id for facts in selectors.group_facts(ids)] == ids[1:]
    assert names(OPERATOR) == ["b"]
    assert names(OPERATOR, state=GroupState.ARCHIVED) == ["a"]
    assert actions.restore_groups(actor=OPERATOR, group_ids=ids) == ids[:1]
    assert names(OPERATOR) == ["a", "b"]


def test_an_archived_community_takes_its_groups_out_and_brings_only_those_back():
    target = community()
    ids = adopted(target, "a", "b")
    actions.archive_groups(actor=SYSTEM, group_ids=ids[:1])
    actions.archive_community(actor=SYSTEM, community_id=target)
    assert selectors.group_facts(ids) == []
    assert names(OPERATOR, state=GroupState.ARCHIVED) == ["a", "b"]
    actions.restore_community(actor=SYSTEM, community_id=target)
    assert names(OPERATOR) == ["b"]


def test_tags_are_tidied_added_once_and_taken_off():
    target = community()
    ids = adopted(target, "a", "b")
    assert actions.tag_groups(actor=OPERATOR, group_ids=ids, add=["#Ｎew ", "new", "北京,一期"]) == ids
    assert Group.objects.get(pk=ids[0]).tags == ["New", "new", "北京 一期"]
    assert actions.tag_groups(actor=OPERATOR, group_ids=ids, add=["new"]) == []
    assert actions.tag_groups(actor=OPERATOR, group_ids=ids[:1], remove=["New"]) == ids[:1]
    assert Group.objects.get(pk=ids[0]).tags == ["new", "北京 一期"]
    assert selectors.tags(OPERATOR) == ["New", "new", "北京 一期"]


def test_too_long_or_too_many_tags_are_refused():
    ids = adopted(community(), "a")
    for tags in (["x" * 41], [str(n) for n in range(21)]):
        with pytest.raises(Invalid):
            actions.tag_groups(actor=OPERATOR, group_ids=ids, add=tags)
    assert Group.objects.get().tags == []


def test_found_groups_are_for_operators_of_all_communities_only():
    mine = community("Mine")
    adopted(mine, "a")
    found("f")
    assert names(OPERATOR, state=GroupState.FOUND) == ["f"]
    assert names(VIEWER, state=GroupState.FOUND) == []
    assert names(of(mine, Role.OWNER), state=GroupState.FOUND) == []
    assert selectors.state_counts(OPERATOR) == {
        GroupState.ADOPTED: 1,
        GroupState.FOUND: 1,
        GroupState.ARCHIVED: 0,
    }


def test_one_group_is_found_by_those_who_may_see_it():
    mine, other = community("Mine"), community("Other")
    [key] = adopted(mine, "a")
    assert selectors.group(of(mine, Role.VIEWER), key).community.name == "Mine"
    with pytest.raises(NotFound):
        selectors.group(of(other, Role.OWNER), key)


def test_search_filter_and_order():
    one, two = community("One"), community("Two")
    a, b = adopted(one, "Tea lovers", "Coffee")
    adopted(two, "Tea masters")
    actions.tag_groups(actor=SYSTEM, group_ids=[b], add=["tea"])
    actions.record_found(platform="matrix", found=[FoundGroup("!Coffee", member_count=900)])
    assert names(OPERATOR, text="tea") == ["Coffee", "Tea lovers", "Tea masters"]
    assert names(OPERATOR, text="tea", community_id=one) == ["Coffee", "Tea lovers"]
    assert names(OPERATOR, tag="tea") == ["Coffee"]
    assert names(OPERATOR, text="!Tea lovers") == ["Tea lovers"]
    assert names(OPERATOR, platform="sandbox") == []
    assert names(OPERATOR, order=GroupOrder.MEMBERS)[0] == "Coffee"
    assert [group.pk for group in selectors.groups_in_order(of(one, Role.VIEWER), [b, 999, a])] == [b, a]


def test_zones_are_told_of_visible_groups_only():
    here = community("Here", zone="Europe/Paris")
    [a] = adopted(here, "a")
    [f] = found("f")
    assert selectors.zones(OPERATOR, [a, f]) == {a: "Europe/Paris", f: "Asia/Shanghai"}
    assert selectors.zones(of(here, Role.VIEWER), [a, f]) == {a: "Europe/Paris"}
    assert selectors.zones(of(here + 1, Role.OWNER), [a, f]) == {}
