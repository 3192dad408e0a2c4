"""Telling staff: once, by their channels, joined when much happens, not at night; codes, alerts, approvals."""

import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from qunce.kernel import clock, events
from qunce.kernel.actor import SYSTEM, Permission, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry, StoredEvent
from qunce.team import actions, policies, selectors
from qunce.team.models import Alert, ChatCode, Notification, StaffChat, StaffMessage
from qunce.team.types import ApprovalState, Reach, Severity, Topic
from tests.support import world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # in Shanghai


@pytest.fixture
def mails(mailoutbox):
    """Mails to staff, without invitations."""
    return lambda: [mail for mail in mailoutbox if "invites you" not in mail.subject]


def somebody(**more):
    return world.member_of_staff(everywhere=Role.OPERATOR, **more)


def tell(staff, key, text="有新待办", **more):
    return actions.tell(staff_ids=[staff.pk], topic=more.pop("topic", Topic.TASKS), key=key, sentence=text, **more)


def send():
    return actions.send_notifications() + actions.send_mails()


# ------------------------------------------------------------------ by mail
def test_a_notification_is_mailed_once_with_its_link(mails, settings):
    settings.BASE_URL = "https://qunce.example.org"
    me = somebody()
    assert tell(me, "a", "到期:%(title)s", params={"title": "换公告"}, url="/tasks/1/") == 1
    assert tell(me, "a", "到期:%(title)s", params={"title": "换公告"}) == 0
    for _ in range(3):
        send()
    assert [mail.subject for mail in mails()] == ["到期:换公告"]
    assert "https://qunce.example.org/tasks/1/" in mails()[0].body
    assert mails()[0].to == [me.email]


def test_mail_that_cannot_leave_is_tried_again(mails, settings):
    me, works = somebody(), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    tell(me, "a")
    send()
    assert StaffMessage.objects.get().sent_at is None
    settings.EMAIL_BACKEND = works
    send()
    send()
    assert len(mails()) == 1


def test_only_what_was_chosen_is_told(mails):
    me = somebody()
    reach = Reach(topics=frozenset({Topic.ALERTS}))
    actions.change_own_reach(actor=world.actor(me), reach=reach)
    assert tell(me, "a") == 0
    assert tell(me, "b", topic=Topic.ALERTS) == 1
    actions.change_own_reach(actor=world.actor(me), reach=Reach(mail=False))
    tell(me, "c")
    send()
    assert not mails()
    assert not Notification.objects.filter(told_at=None).exists()
    assert selectors.own_reach(world.actor(me)).reach == Reach(mail=False)
    with pytest.raises(Invalid):
        actions.change_own_reach(actor=world.actor(me), reach=Reach(quiet_from=time(22)))


def test_nothing_is_sent_in_quiet_hours_and_all_of_it_after(mails):
    me = somebody()
    actions.change_own_reach(actor=world.actor(me), reach=Reach(quiet_from=time(22), quiet_until=time(8)))
    for hour, sent in ((22, 0), (2, 0), (8, 1)):
        with clock.at(datetime(2026, 11, 22, hour, 5, tzinfo=ZoneInfo("Asia/Shanghai"))):
            tell(me, "a")
            send()
        assert len(mails()) == sent


moments = st.times()
at_any_time = st.integers(0, 10**6).map(lambda minutes: NOON + timedelta(minutes=minutes))


@given(begin=moments, end=moments, at=at_any_time)
def test_quiet_hours_end_later_than_now_and_within_a_day(begin, end, at):
    zone = ZoneInfo("Asia/Shanghai")
    over = policies.quiet_until(Reach(quiet_from=begin, quiet_until=end), zone, at)
    if over is not None:
        assert at < over <= at + timedelta(days=1)
        assert policies.quiet_until(Reach(quiet_from=begin, quiet_until=end), zone, over) is None


def test_a_flood_becomes_one_message(mails):
    me = somebody()
    with clock.at(NOON):
        for number in range(5):
            tell(me, f"a{number}")
            send()
        assert len(mails()) == 5
        tell(me, "b")
        send()
        assert len(mails()) == 6
        for number in range(40):
            tell(me, f"c{number}", f"第 {number} 件")
            send()
        assert len(mails()) == 6
    with clock.at(NOON + timedelta(minutes=11)):
        send()
        send()
    assert len(mails()) == 7
    assert mails()[-1].subject == "40 things for you"
    assert all(f"第 {number} 件" in mails()[-1].body for number in range(40))
    assert not Notification.objects.filter(told_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(mails):
    people = [somebody() for _ in range(6)]
    for staff in people:
        tell(staff, "a")
    together = threading.Barrier(2)

    def work():
        together.wait()
        try:
            send()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    send()
    assert sorted(mail.to[0] for mail in mails()) == sorted(staff.email for staff in people)


# ------------------------------------------------------------------ codes
def test_a_code_links_once_in_time_and_the_newest_alone():
    me = somebody()
    first = policies.code_in(actions.issue_chat_code(actor=world.actor(me)))
    code = policies.code_in(f"  {actions.issue_chat_code(actor=world.actor(me)).lower()}。")
    assert actions.link_chat(code=first, group_id=1, room="旧") is None
    assert actions.link_chat(code=code, group_id=7, room="我的群").pk == me.pk
    assert actions.link_chat(code=code, group_id=8, room="别的") is None
    assert StaffChat.objects.get(staff=me).group_id == 7
    late = policies.code_in(actions.issue_chat_code(actor=world.actor(me)))
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert actions.link_chat(code=late, group_id=8, room="别的") is None
    assert actions.unlink_chat(actor=world.actor(me))
    assert not actions.unlink_chat(actor=world.actor(me))
    ChatCode.objects.all().delete()
    for _ in range(10):
        actions.issue_chat_code(actor=world.actor(me))
    with pytest.raises(Conflict):
        actions.issue_chat_code(actor=world.actor(me))
    with pytest.raises(NotAllowed):
        actions.issue_chat_code(actor=selectors.NOBODY)


@given(st.text(max_size=30))
def test_what_people_say_is_no_code(text):
    found = policies.code_in(text)
    assert found is None or (len(found) == 8 and "QC" in text.upper())


# ------------------------------------------------------------------ alerts
def raised(**more):
    return actions.raise_alert(key="x", severity=Severity.BROKEN, sentence="坏了 %(n)s", params={"n": 1}, **more)


def test_an_alert_is_one_is_counted_told_once_and_ends_with_its_cause():
    me, viewer = somebody(), world.member_of_staff(everywhere=Role.VIEWER)
    for _ in range(3):
        raised()
    assert (Alert.objects.get().times, Notification.objects.filter(staff=me).count()) == (3, 1)
    assert [each.key for each in selectors.visible_alerts(world.actor(me))] == ["x"]
    assert not selectors.visible_alerts(world.actor(viewer))
    with pytest.raises(NotFound):
        actions.acknowledge_alert(actor=world.actor(viewer), alert_id=Alert.objects.get().pk)
    seen = actions.acknowledge_alert(actor=world.actor(me), alert_id=Alert.objects.get().pk)
    assert seen.acknowledged_by == me.pk
    assert actions.resolve_alert(key="x")
    assert not actions.resolve_alert(key="x")
    assert [each.key for each in selectors.visible_alerts(world.actor(me), resolved=True)] == ["x"]
    raised()
    assert Notification.objects.filter(staff=me).count() == 2


def test_what_ends_before_it_has_lasted_was_no_alert():
    me = world.actor(somebody())
    with clock.at(NOON):
        raised(lasting=timedelta(minutes=2), steady=True)
        assert not selectors.visible_alerts(me)
        actions.resolve_alerts(prefix="x")
        assert not Alert.objects.exists()
        raised(lasting=timedelta(minutes=2), steady=True)
    with clock.at(NOON + timedelta(minutes=3)):
        raised(lasting=timedelta(minutes=2), steady=True)
        raised(lasting=timedelta(minutes=2), steady=True)
        assert selectors.visible_alerts(me).get().times == 1
        assert actions.resolve_alerts(prefix="x", but=["x"]) == 0
    assert Notification.objects.count() == 1


def test_alerts_of_a_community_are_its_operators():
    home, elsewhere = world.a_community(), world.a_community()
    here = world.actor(world.member_of_staff(roles={home.pk: Role.OPERATOR}))
    there = world.actor(world.member_of_staff(roles={elsewhere.pk: Role.OPERATOR}))
    raised(community_id=home.pk)
    assert selectors.visible_alerts(here).exists()
    assert not selectors.visible_alerts(there).exists()
    assert Notification.objects.count() == 1


# ------------------------------------------------------------------ approvals
def test_a_role_is_asked_for_approved_by_another_and_given():
    home = world.a_community()
    owner = world.member_of_staff(name="群主", roles={home.pk: Role.OWNER})
    me = world.member_of_staff(name="小陈", roles={home.pk: Role.VIEWER})
    asked = actions.request_role(actor=world.actor(me), community_id=home.pk, role=Role.OPERATOR, reason="我来值班")
    with pytest.raises(Conflict):
        actions.request_role(actor=world.actor(me), community_id=home.pk, role=Role.LEAD)
    with pytest.raises(NotAllowed):
        actions.decide_approval(actor=world.actor(me), approval_id=asked.pk, approve=True)
    assert Notification.objects.get(staff=owner).text == f"小陈 wants to be an operator of {home.name}"
    actions.decide_approval(actor=world.actor(owner), approval_id=asked.pk, approve=True)
    events.deliver_pending()
    assert world.actor(me).grants == {home.pk: Role.OPERATOR}
    assert not StoredEvent.objects.filter(done_at=None).exists()
    assert Notification.objects.filter(staff=me, text="群主 approved what you asked for.").exists()
    with pytest.raises(Conflict):
        actions.decide_approval(actor=world.actor(owner), approval_id=asked.pk, approve=False, reason="晚了")
    assert AuditEntry.objects.filter(action="approval.approved", community_id=home.pk).exists()


def test_a_no_says_why_and_gives_nothing():
    home = world.a_community()
    owner = world.actor(world.member_of_staff(roles={home.pk: Role.OWNER}))
    me = world.member_of_staff(roles={home.pk: Role.VIEWER})
    asked = actions.request_role(actor=world.actor(me), community_id=home.pk, role=Role.LEAD)
    with pytest.raises(Invalid):
        actions.decide_approval(actor=owner, approval_id=asked.pk, approve=False)
    actions.decide_approval(actor=owner, approval_id=asked.pk, approve=False, reason="先值班一个月")
    events.deliver_pending()
    assert world.actor(me).grants == {home.pk: Role.VIEWER}
    assert actions.request_role(actor=world.actor(me), community_id=home.pk, role=Role.LEAD).pk != asked.pk


def ask(actor, key="k", permission=Permission.LEAD, **more):
    return actions.ask_approval(
        actor=actor,
        key=key,
        kind="test",
        sentence="群发给 %(n)s 个群",
        params={"n": 500},
        permission=permission,
        **more,
    )


def test_nobody_approves_what_he_asked_for_unless_nobody_else_could():
    me = world.member_of_staff(everywhere=Role.LEAD)
    asked = ask(world.actor(me))
    assert ask(world.actor(me)).pk == asked.pk
    assert selectors.is_alone(asked)
    assert selectors.to_decide(world.actor(me)) == 1
    other = world.member_of_staff(everywhere=Role.LEAD)
    assert not selectors.may_decide(world.actor(me), asked)
    assert selectors.may_decide(world.actor(other), asked)
    with pytest.raises(NotAllowed):
        actions.decide_approval(actor=world.actor(me), approval_id=asked.pk, approve=True)
    with pytest.raises(NotFound):
        stranger = world.actor(world.member_of_staff(everywhere=Role.VIEWER))
        actions.decide_approval(actor=stranger, approval_id=asked.pk, approve=True)
    with pytest.raises(NotAllowed):
        actions.withdraw_approval(actor=world.actor(other), approval_id=asked.pk)
    actions.withdraw_approval(actor=world.actor(me), approval_id=asked.pk)
    assert not selectors.visible_approvals(world.actor(other)).exists()


def test_what_nobody_decides_is_a_no():
    lead = world.member_of_staff(everywhere=Role.LEAD)
    asker = world.actor(somebody())
    asked = ask(asker, life=timedelta(hours=1))
    with clock.at(clock.now() + timedelta(hours=2)):
        with pytest.raises(Conflict):
            actions.decide_approval(actor=world.actor(lead), approval_id=asked.pk, approve=True)
        assert actions.expire_approvals() == 1
        assert actions.expire_approvals() == 0
    asked.refresh_from_db()
    assert asked.state == ApprovalState.EXPIRED
    assert Notification.objects.filter(staff_id=asker.id).exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_decide_once():
    leads = [world.actor(world.member_of_staff(everywhere=Role.LEAD)) for _ in range(2)]
    asked = ask(SYSTEM)
    together, results = threading.Barrier(2), []

    def decide(actor, approve):
        together.wait()
        try:
            actions.decide_approval(actor=actor, approval_id=asked.pk, approve=approve, reason="因为")
            results.append(approve)
        except Conflict:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=pair) for pair in zip(leads, (True, False), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 1
    asked.refresh_from_db()
    assert (asked.state == ApprovalState.APPROVED) == results[0]
