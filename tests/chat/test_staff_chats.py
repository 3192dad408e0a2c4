"""A code said to one of our accounts links the chat; what staff are told is sent there; private chats are no groups."""

from datetime import timedelta

import pytest

from qunce.chat import actions as chat
from qunce.chat.actions import staff_chats
from qunce.chat.models import Account, Delivery, Message, Seat
from qunce.chat.selectors import ledger
from qunce.chat.types import Content, GroupSeen, Purpose
from qunce.community import selectors as community
from qunce.community.models import Group
from qunce.community.types import GroupState
from qunce.kernel import clock, events, health
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import NotFound
from qunce.kernel.models import Heartbeat
from qunce.team import actions as team
from qunce.team import selectors as staff
from qunce.team.models import Alert, StaffChat
from qunce.team.types import Reach, Topic
from tests.chat import support
from tests.support import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_has_tried():
    staff_chats._tried.clear()


def code_of(person):
    return team.issue_chat_code(actor=world.actor(person))


def test_a_code_in_a_private_chat_links_it_and_nothing_said_there_is_kept():
    me, account = world.member_of_staff(everywhere=Role.OPERATOR), support.account()
    support.live(account, GroupSeen("dm", "陈默", direct=True))
    result = support.live(account, support.said("dm", f" {code_of(me).lower()} "), support.said("dm", "你好"))
    room = Group.objects.get(external_id="dm")
    assert StaffChat.objects.get(staff=me).group_id == room.pk
    assert (result.stored, result.unread, Message.objects.count()) == (0, 2, 0)
    answer = Delivery.objects.get(group_id=room.pk)
    assert (answer.purpose, answer.account_id) == (Purpose.SERVICE, account.pk)
    assert "陈默" in Content.from_json(answer.content).plain
    seen = staff.own_reach(world.actor(me))
    assert (seen.chat.name, seen.code) == ("陈默", "")


def test_a_private_chat_is_no_group_to_adopt():
    owner, account, home = world.actor(world.owner()), support.account(), world.a_community()
    support.live(account, GroupSeen("dm", direct=True), GroupSeen("room"))
    support.live(account, GroupSeen("dm", "改名"))
    found = Group.objects.get(external_id="dm")
    assert found.direct
    assert community.state_counts(owner)[GroupState.FOUND] == 1
    with pytest.raises(NotFound):
        chat.adopt(actor=owner, community_id=home.pk, group_ids=[found.pk])
    with pytest.raises(NotFound):
        community.group(owner, found.pk)


def test_a_code_counts_in_any_room_adopted_or_not_seen_before():
    account = support.account()
    group = support.adopted(account, "room")["room"]
    one, other = (world.member_of_staff(everywhere=Role.OPERATOR) for _ in range(2))
    support.live(account, support.said("room", code_of(one)), support.said("never seen", code_of(other)))
    assert StaffChat.objects.get(staff=one).group_id == group.pk
    assert Message.objects.count() == 1
    assert Seat.objects.filter(group_id=StaffChat.objects.get(staff=other).group_id, account=account).exists()


def test_bots_we_ourselves_and_the_past_link_nothing():
    me, account = world.member_of_staff(everywhere=Role.OPERATOR), support.account()
    support.adopted(account, "room")
    code = code_of(me)
    support.live(account, support.said("room", code, is_bot=True), support.said("room", code, by=account.external_id))
    chat.ingest(chat.ingest.__globals__["Batch"](account.pk, support.Origin.BACKFILL, [support.said("room", code)]))
    assert not StaffChat.objects.exists()


def test_guessing_is_answered_with_silence_and_ends():
    me, account = world.member_of_staff(everywhere=Role.OPERATOR), support.account()
    code = code_of(me)
    guesses = [support.said("dm", f"QC-{letter * 8}") for letter in "ABCDE"]
    support.live(account, *guesses)
    support.live(account, support.said("dm", code))
    assert not StaffChat.objects.exists()
    assert not Delivery.objects.exists()
    assert not Group.objects.exists()
    support.live(account, support.said("dm", code, by="@me"))
    assert StaffChat.objects.exists()


def test_a_message_without_a_code_costs_no_statement(django_assert_num_queries):
    account = support.account()
    view = staff_chats.AccountView("sandbox", "@q", frozenset(), (), {}, (0, 0))
    said = [support.said("x", text) for text in ("早上好", "QC-123", "QC 群里见", "q" * 5000)]
    with django_assert_num_queries(0):
        staff_chats.link_where_said(account.pk, view, said)


def test_what_staff_are_told_is_sent_to_their_chat_once():
    me, account = world.member_of_staff(everywhere=Role.OPERATOR), support.account()
    team.change_own_reach(actor=world.actor(me), reach=Reach(mail=False))
    support.live(account, support.said("dm", code_of(me)))
    team.tell(staff_ids=[me.pk], topic=Topic.TASKS, key="a", sentence="到期")
    for _ in range(2):
        team.send_notifications()
        events.deliver_pending()
    assert [Content.from_json(each.content).plain for each in Delivery.objects.filter(key__startswith="staff:")] == [
        "到期"
    ]
    everybody = world.actor(world.owner())
    assert ledger.visible_deliveries(everybody).count() == 2  # a room that anybody may be in
    Group.objects.update(direct=True)
    assert not ledger.visible_deliveries(everybody).exists()
    Seat.objects.update(left_at=clock.now())
    assert not chat.send_to_staff(message_id=7, group_id=StaffChat.objects.get().group_id, text="x")


# ------------------------------------------------------------------ alerts
def test_what_goes_wrong_is_raised_and_ends_by_itself():
    me, account = world.actor(world.member_of_staff(everywhere=Role.OPERATOR)), support.account(enabled=True)
    Heartbeat.objects.create(role="gateway", process="x", at=clock.now())
    assert chat.watch() == 0
    Account.objects.filter(pk=account.pk).update(state="trouble", detail="令牌失效")
    for _ in range(2):
        assert chat.watch() == 1
    alert = staff.visible_alerts(me).get()
    assert (alert.times, alert.url, alert.params["detail"]) == (1, f"/accounts/{account.pk}/", "令牌失效")
    Account.objects.filter(pk=account.pk).update(state="working")
    assert chat.watch() == 0
    assert not staff.visible_alerts(me)


def test_failures_in_number_are_an_alert():
    account = support.account(enabled=True)
    Heartbeat.objects.create(role="gateway", process="x", at=clock.now())
    group = support.adopted(account, "room")["room"]
    planned = [
        chat.deliveries.Planned(str(n), group.pk, Content.of("x"), Purpose.REPLY, None, None) for n in range(10)
    ]
    chat.plan(account_id=account.pk, planned=planned)
    Delivery.objects.exclude(key="0").update(state="failed")
    assert chat.watch() == 0
    Delivery.objects.update(state="failed")
    assert chat.watch() == 1
    with clock.at(clock.now() + timedelta(hours=1)):
        Heartbeat.objects.update(at=clock.now())
        assert chat.watch() == 0


def test_a_gateway_that_is_away_for_two_minutes_is_an_alert():
    support.account(enabled=True)
    assert not health.alive("gateway")
    assert chat.watch() == 1
    assert not staff.visible_alerts(SYSTEM)
    with clock.at(clock.now() + timedelta(minutes=3)):
        chat.watch()
        assert staff.visible_alerts(SYSTEM).exists()
        Heartbeat.objects.create(role="gateway", process="x", at=clock.now())
        chat.watch()
        assert not staff.visible_alerts(SYSTEM).exists()
    assert Alert.objects.get().resolved_at is not None
