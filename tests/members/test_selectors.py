"""Who may see which people, and what is known of their coming and going."""

from datetime import timedelta

import pytest

from qunce.chat import actions as chat
from qunce.chat.models import Account
from qunce.chat.selectors import timeline
from qunce.chat.types import Batch, MemberJoined, MemberLeft, Origin, Sender
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import NotFound
from qunce.members import selectors
from qunce.members.models import Identity
from qunce.members.types import MemberFilter, MemberOrder, Presence
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


def names(actor, text="", **wanted):
    found, _key = selectors.find_members(actor, MemberFilter(text=text, **wanted))
    return [member.name for member in found]


def member_id(external_id):
    return Identity.objects.get(external_id=external_id).member_id


def test_one_sees_people_of_ones_own_communities(two_communities):
    (_here, first), (_there, second) = two_communities
    assert names(first) == ["王五", "张三"]
    assert names(second) == ["李四", "王五"]
    assert names(SYSTEM) == ["李四", "王五", "张三"]
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


def test_people_are_found_where_they_are_and_were(two_communities):
    (here, first), (there, _second) = two_communities
    live(here_account(), MemberLeft("!here", Sender("@wang", "王五"), NOON + timedelta(days=1)))
    assert names(SYSTEM, group_id=here.pk) == ["王五", "张三"]
    assert names(SYSTEM, group_id=here.pk, presence=Presence.HERE) == ["张三"]
    assert names(SYSTEM, group_id=here.pk, presence=Presence.LEFT) == ["王五"]
    assert names(SYSTEM, community_id=there.community_id) == ["李四", "王五"]
    assert names(SYSTEM, presence=Presence.LEFT) == []
    assert names(first, presence=Presence.LEFT) == ["王五"]
    assert names(first, community_id=there.community_id) == []
    assert sorted(names(SYSTEM, platform="sandbox", order=MemberOrder.NEWEST)) == ["张三", "李四", "王五"]
    assert names(SYSTEM, platform="telegram") == []


def test_people_who_came_since(two_communities):
    (_here, first), _ = two_communities
    live(here_account(), MemberJoined("!here", Sender("@new", "新人"), NOON))
    assert names(first, joined_since=NOON - timedelta(hours=1)) == ["新人"]
    assert names(first, joined_since=NOON + timedelta(hours=1)) == []


def here_account():
    return Account.objects.get()


def test_who_only_spoke_before_we_came_is_known_where_they_spoke(two_communities):
    (here, first), (_there, second) = two_communities
    long_ago = NOON - timedelta(days=90)
    past = [
        said("!here", text, by="@old", name="旧友", at=long_ago + timedelta(days=n)) for n, text in enumerate("ab")
    ]
    for each in (past, past[:1]):  # read back twice, and only a part the second time
        chat.ingest(Batch(here_account().pk, Origin.BACKFILL, each))
    old = member_id("@old")
    assert names(first, "旧友") == ["旧友"]
    assert names(second, "旧友") == []
    assert selectors.groups_now(SYSTEM, [old]) == {}
    assert [(stay.heard, stay.left_at) for stay in selectors.stays(first, [old])] == [
        (True, long_ago + timedelta(days=1))
    ]
    assert selectors.turns(first, old) == []
    past_days = timeline.timeline(first, old).days
    assert [day.said for day in past_days] == [{here.pk: 1}, {here.pk: 1}]
    live(here_account(), said("!here", "c", by="@old", name="旧友"))
    assert selectors.groups_now(SYSTEM, [old]) == {old: {here.pk}}
    chat.ingest(Batch(here_account().pk, Origin.BACKFILL, [said("!here", "z", by="@zhang", at=long_ago)]))
    assert not any(stay.heard for stay in selectors.stays(first, [member_id("@zhang")]))


def test_search_by_name_or_the_beginning_of_an_id(two_communities):
    assert names(SYSTEM, "张") == ["张三"]
    assert names(SYSTEM, "@wang") == ["王五"]
    assert names(SYSTEM, "@wan") == ["王五"]
    assert names(SYSTEM, "ang") == []


def test_a_new_name_is_found_and_the_old_one_is_not(two_communities):
    live(here_account(), said("!here", "4", by="@zhang", name="曾小贤"))
    assert names(SYSTEM, "cxx") == ["曾小贤"]
    assert names(SYSTEM, "zxx") == ["曾小贤"]
    assert names(SYSTEM, "zhangsan") == []


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
