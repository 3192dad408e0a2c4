"""A group that its platform calls by another id from now on is the same group; a gap may be in all of them."""

import pytest

from qunce.chat.models import Gap, Message, Seat
from qunce.chat.types import EVERY_GROUP, GapSeen, GroupGone, GroupMoved, GroupSeen
from qunce.community.models import Group
from tests.chat.support import NOON, account, adopted, live, minutes, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return account()


def group_of(room):
    return Group.objects.get(external_id=room)


def test_a_moved_group_goes_on_with_all_that_it_holds(made):
    group = adopted(made, "old")["old"]
    live(
        made,
        said("old", "以前"),
        GroupMoved("old", "new"),
        said("old", "搬家"),
        said("new", "以后"),
        GroupSeen("new", "读书会"),
    )
    assert set(Message.objects.values_list("group_id", "text")) == {(group.pk, t) for t in ("以前", "搬家", "以后")}
    live(made, said("new", "再后来"))
    assert Message.objects.filter(group_id=group.pk).count() == 4
    (only,) = Group.objects.all()
    assert (only.pk, only.external_id, only.name, only.community_id) == (
        group.pk,
        "new",
        "读书会",
        group.community_id,
    )
    assert Seat.objects.get().reads


def test_the_platform_may_tell_it_twice_and_to_two_accounts(made):
    group, other = adopted(made, "old")["old"], account()
    live(other, GroupSeen("old"))
    for each in (made, other, made):
        live(each, GroupMoved("old", "new"))
    assert group_of("new").pk == group.pk
    assert Group.objects.count() == 1
    assert Seat.objects.filter(group_id=group.pk, left_at=None).count() == 2


def test_a_new_id_that_was_found_too_early_gives_way(made):
    """That we are in the new one, and not in the old one any more, may be told first."""
    group = adopted(made, "old")["old"]
    live(made, GroupSeen("new", "读书会"))
    live(made, GroupGone("old"))
    assert not Seat.objects.filter(group_id=group.pk, reads=True).exists()
    live(made, GroupMoved("old", "new"), said("new", "还在吗"))
    assert group_of("new").pk == group.pk
    assert Message.objects.get().group_id == group.pk
    assert Seat.objects.get(group_id=group.pk).left_at is None
    left_over = Seat.objects.get(group_id=group_of("old").pk)
    assert left_over.left_at
    assert not left_over.reads


def test_a_group_that_was_adopted_under_its_new_id_stays_what_it_is(made):
    groups = adopted(made, "old", "new")
    live(made, GroupMoved("old", "new"), said("new", "在"))
    assert group_of("new").pk == groups["new"].pk
    assert Message.objects.get().group_id == groups["new"].pk
    assert Seat.objects.get(group_id=groups["old"].pk).left_at


def test_an_unknown_group_moves_without_a_trace(made):
    live(made, GroupMoved("old", "new"))
    assert list(Group.objects.values_list("external_id", "community_id")) == [("new", None)]


def test_a_failed_batch_leaves_no_wrong_memory(made, settings):
    group = adopted(made, "old")["old"]
    live(
        made,
        GroupMoved("old", "new"),
        said("new", "不可能", at=NOON - minutes(60 * 24 * 365 * 200)),
        said("new", "好"),
    )
    assert list(Message.objects.values_list("group_id", "text")) == [(group.pk, "好")]


def test_a_gap_in_every_group_is_one_in_each_that_the_account_reads(made):
    groups = adopted(made, "a", "b")
    elsewhere = adopted(account(), "c")
    live(made, GapSeen(EVERY_GROUP, NOON, NOON + minutes(5), "away"))
    assert set(Gap.objects.values_list("group_id", flat=True)) == {group.pk for group in groups.values()}
    assert elsewhere["c"].pk not in Gap.objects.values_list("group_id", flat=True)
