"""Who may see which people, and what is known of their coming and going."""

from datetime import timedelta

import pytest

from qunce.chat.types import MemberJoined, MemberLeft, Sender
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import NotFound
from qunce.members import selectors
from qunce.members.models import Identity
from tests.chat.support import NOON, account, adopted, live, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_communities():
    """张三 speaks in one, 李四 in another, 王五 in both; by name, and a viewer of each community."""
    made = account()
    here, there = adopted(made, "!here")["!here"], adopted(made, "!there")["!there"]
    live(
        made,
        said("!here", "1", by="@zhang", name="张三"),
        said("!there", "2", by="@li", name="李四"),
        said("!here", "3", by="@wang", name="王五"),
        said("!there", "4", by="@wang", name="王五"),
    )
    for group in (here, there):
        group.refresh_from_db()
    return (here, viewer(here.community_id)), (there, viewer(there.community_id))


def viewer(community_id):
    return Actor(id=5, name="Mei", grants={community_id: Role.VIEWER})


def names(actor, text=""):
    return [member.name for member in selectors.visible_members(actor, text)]


def member_id(external_id):
    return Identity.objects.get(external_id=external_id).member_id


def test_one_sees_people_of_ones_own_communities(two_communities):
    (_here, first), (_there, second) = two_communities
    assert names(first) == ["张三", "王五"]
    assert names(second) == ["李四", "王五"]
    assert names(SYSTEM) == ["张三", "李四", "王五"]
    assert names(Actor(id=6, name="Nobody")) == []
    assert selectors.member(first, member_id("@zhang")).name == "张三"
    with pytest.raises(NotFound):
        selectors.member(first, member_id("@li"))


def test_of_a_person_in_two_communities_one_sees_only_the_own_half(two_communities):
    (here, first), (there, _second) = two_communities
    wang = member_id("@wang")
    assert {stay.group_id for stay in selectors.stays(first, [wang])} == {here.pk}
    assert selectors.groups_now(first, [wang]) == {wang: {here.pk}}
    assert selectors.groups_now(SYSTEM, [wang]) == {wang: {here.pk, there.pk}}
    assert selectors.identities(first, [wang, member_id("@li")]).keys() == {wang}


def test_a_merged_member_is_listed_once(two_communities):
    kept, gone = member_id("@zhang"), member_id("@li")
    identity = Identity.objects.get(external_id="@li")
    former, identity.member_id = identity.member, kept
    identity.save()
    former.merged_into_id = kept
    former.save()
    assert gone not in [member.pk for member in selectors.visible_members(SYSTEM)]
    assert names(SYSTEM, "李四") == ["张三"]


def test_search_by_name_or_whole_id(two_communities):
    assert names(SYSTEM, "张") == ["张三"]
    assert names(SYSTEM, "@wang") == ["王五"]
    assert names(SYSTEM, "@wan") == []


def test_turns_of_a_group_latest_first_and_counts_without_bots():
    made = account()
    group = adopted(made, "!a")["!a"]
    li, bot = Sender("@li", "李四"), Sender("@bot", "Bot", is_bot=True)
    live(
        made,
        MemberJoined("!a", li, NOON - timedelta(hours=3), source="poster"),
        MemberJoined("!a", bot, NOON - timedelta(hours=2)),
        MemberLeft("!a", li, NOON - timedelta(hours=1)),
        MemberJoined("!a", li, NOON),
    )
    turns = selectors.latest_turns(SYSTEM, group.pk)
    assert [(turn.who.name, turn.joined) for turn in turns] == [
        ("李四", True),
        ("李四", False),
        ("Bot", True),
        ("李四", True),
    ]
    assert turns[-1].source == "poster"
    assert selectors.known_counts(SYSTEM, [group.pk]) == {group.pk: 1}
    assert selectors.latest_turns(SYSTEM, group.pk, limit=1) == turns[:1]
    assert selectors.latest_turns(viewer(999_999), group.pk) == []
