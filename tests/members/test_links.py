"""Links to a member's own pages: made by the team, opened by one browser, and what is decided behind them."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from qunce.members import actions, selectors
from qunce.members.models import Identity, Member, MemberLink
from tests.chat import support

pytestmark = pytest.mark.django_db


def scene():
    """Two communities of one account, 张三 in both and 李四 in the first; returns them."""
    account = support.account()
    first, second = support.adopted(account, "!a")["!a"], support.adopted(account, "!b")["!b"]
    support.live(
        account, support.said("!a", "早"), support.said("!b", "早"), support.said("!a", "早", by="@li", name="李四")
    )
    zhang = Identity.objects.get(external_id="@zhang").member_id
    li = Identity.objects.get(external_id="@li").member_id
    return first, second, zhang, li


def token_of(path):
    return path.rstrip("/").rpartition("/")[2]


def made(member_id, community_id, **more):
    return token_of(actions.make_link(actor=SYSTEM, member_id=member_id, community_id=community_id, **more))


def test_a_token_is_kept_nowhere_and_opens_for_one_browser():
    first, _second, zhang, _li = scene()
    token = made(zhang, first.community_id)
    stored = MemberLink.objects.values().get()
    assert token not in str(stored)
    assert len(token) >= 43
    link, secret = actions.open_link(token=token)
    assert secret not in str(MemberLink.objects.values().get())
    visit = selectors.visit(link.ref, secret)
    assert visit.member.pk == zhang
    for call in (
        lambda: actions.open_link(token=token),
        lambda: selectors.visit(link.ref, token),
        lambda: selectors.visit(link.ref, ""),
        lambda: selectors.visit(link.ref, link.ref),
        lambda: selectors.visit("nothing", secret),
        lambda: actions.open_link(token=link.ref),
        lambda: actions.open_link(token=""),
    ):
        with pytest.raises(NotFound, match="does not open here"):
            call()


def test_what_is_not_opened_yet_shows_nothing():
    first, _second, zhang, _li = scene()
    made(zhang, first.community_id)
    ref = MemberLink.objects.get().ref
    for secret in ("", ref, "x"):
        with pytest.raises(NotFound):
            selectors.visit(ref, secret)


def test_revoked_expired_and_of_somebody_merged_it_opens_nothing():
    first, _second, zhang, li = scene()
    opened = [actions.open_link(token=made(zhang, first.community_id)) for _n in range(3)]
    closed = made(zhang, first.community_id, expires_in=timedelta(days=1))
    actions.revoke_link(actor=SYSTEM, link_id=opened[0][0].pk)
    with pytest.raises(NotFound):
        selectors.visit(opened[0][0].ref, opened[0][1])
    assert selectors.visit(opened[1][0].ref, opened[1][1])
    with clock.at(clock.now() + timedelta(days=2)), pytest.raises(NotFound):
        actions.open_link(token=closed)
    with clock.at(clock.now() + timedelta(days=31)), pytest.raises(NotFound):
        selectors.visit(opened[1][0].ref, opened[1][1])
    Member.objects.filter(pk=zhang).update(merged_into=li)
    with pytest.raises(NotFound):
        selectors.visit(opened[1][0].ref, opened[1][1])
    Member.objects.filter(pk=zhang).update(merged_into=None)
    assert actions.revoke_links(actor=SYSTEM, member_id=zhang) == 3
    for link, secret in opened:
        with pytest.raises(NotFound):
            selectors.visit(link.ref, secret)
    assert AuditEntry.objects.filter(action="member.link_revoked").count() == 4


def test_who_makes_and_revokes_links():
    first, second, zhang, li = scene()
    operator = Actor(1, "林芝", {first.community_id: Role.OPERATOR})
    service = Actor(2, "小满", {first.community_id: Role.SERVICE})
    actions.make_link(actor=operator, member_id=zhang, community_id=first.community_id)
    made(zhang, second.community_id)
    assert [each.pk for each in selectors.communities_of(operator, zhang)] == [first.community_id]
    assert [link.community_id for link in selectors.links_of(operator, zhang)] == [first.community_id]
    for actor, member_id, where, error in (
        (service, zhang, first.community_id, NotAllowed),
        (operator, zhang, second.community_id, NotAllowed),
        (Actor(3, "x", {second.community_id: Role.OWNER}), li, second.community_id, NotFound),
        (SYSTEM, li, second.community_id, Invalid),
    ):
        with pytest.raises(error):
            actions.make_link(actor=actor, member_id=member_id, community_id=where)
    theirs = MemberLink.objects.get(community_id=second.community_id)
    with pytest.raises(NotFound):
        actions.revoke_link(actor=operator, link_id=theirs.pk)
    with pytest.raises(NotAllowed):
        actions.revoke_link(actor=Actor(2, "y", {second.community_id: Role.SERVICE}), link_id=theirs.pk)
    assert actions.revoke_links(actor=operator, member_id=zhang) == 1
    assert MemberLink.objects.get(pk=theirs.pk).revoked_at is None
    for days in (0, -1, 400):
        with pytest.raises(Invalid):
            made(zhang, first.community_id, expires_in=timedelta(days=days))


def test_the_record_is_of_one_member_in_one_community():
    first, second, zhang, li = scene()
    link, secret = actions.open_link(token=made(zhang, first.community_id))
    record = selectors.own_record(selectors.visit(link.ref, secret))
    assert record.now == [first.pk]
    assert [each.external_id for each in record.identities] == ["@zhang"]
    assert second.pk not in {stay.group_id for stay in record.stays}
    assert li != zhang


def test_being_left_in_peace_holds_for_whom_one_was_merged_into():
    first, _second, zhang, li = scene()
    link, secret = actions.open_link(token=made(zhang, first.community_id))
    visit = selectors.visit(link.ref, secret)
    for _twice in range(2):
        actions.set_muted(visit=visit, muted=True)
    assert selectors.muted([zhang, li]) == {zhang}
    Member.objects.filter(pk=zhang).update(merged_into=li)
    assert selectors.muted([li]) == {li}
    actions.set_muted(visit=visit, muted=False)
    assert selectors.muted([zhang, li]) == set()
    said = list(
        AuditEntry.objects.filter(object_kind="member", action__contains="mute").values_list("action", flat=True)
    )
    assert sorted(said) == ["member.muted", "member.unmuted"]


@pytest.mark.django_db(transaction=True)
def test_two_browsers_at_once_leave_one_inside():
    first, _second, zhang, _li = scene()
    token = made(zhang, first.community_id)
    barrier, inside = threading.Barrier(4), []

    def attempt():
        barrier.wait()
        try:
            inside.append(actions.open_link(token=token))
        except NotFound:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _n in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    ((link, secret),) = inside
    assert selectors.visit(link.ref, secret).member.pk == zhang
