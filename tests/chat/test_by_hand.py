"""What a person carries over: the same ledger, one person at a time, nothing twice, whatever the phone's line does."""

from datetime import timedelta

import pytest

from qunce.chat import actions as chat
from qunce.chat import selectors
from qunce.chat.actions import GroupLine
from qunce.chat.models import Account, Carrying, Delivery
from qunce.chat.selectors import by_hand, seats, serving
from qunce.chat.types import DeliveryState, Selection, SetNotice
from qunce.community.models import Group
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.ids import new_id
from qunce.kernel.models import AuditEntry
from tests.chat import support
from tests.chat.hand import CHEN, LIN, by_hand_account, group_of, planned, state, steps
from tests.support import world

pytestmark = pytest.mark.django_db(transaction=True)
S = DeliveryState
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture
def made():
    return by_hand_account()


@pytest.fixture
def group(made):
    return group_of(made)


def today(actor):
    begin = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return by_hand.errands(actor, day=(begin, begin + timedelta(days=1)))


# ------------------------------------------------------------------ the account and its groups
def test_no_gateway_serves_it_and_its_state_says_so(made):
    other = support.account()
    assert [key for key, _epoch in chat.acquire_leases(holder="here", room_for=10)] == [other.pk]
    assert serving.enabled_accounts() == 1
    assert selectors.one_account(SYSTEM, made.pk).state == "by_hand"
    Account.objects.filter(pk=made.pk).update(enabled=False)
    assert selectors.one_account(SYSTEM, made.pk).state == "off"


def test_groups_that_are_entered_are_found_and_taken_over_like_others(made):
    lines = [GroupLine("读书会一群", 480), GroupLine(" 读书会  二群 "), GroupLine(""), GroupLine("读书会一群", 481)]
    assert chat.enter_groups(actor=LIN, account_id=made.pk, lines=lines) == (2, 0)
    assert chat.enter_groups(
        actor=LIN, account_id=made.pk, lines=[GroupLine("读书会二群"), GroupLine("读书会 二群", 20)]
    ) == (1, 1)
    assert dict(Group.objects.values_list("name", "member_count")) == {
        "读书会一群": 481,
        "读书会 二群": 20,
        "读书会二群": None,
    }
    found = Group.objects.get(name="读书会一群")
    chat.adopt(actor=SYSTEM, community_id=world.a_community().pk, group_ids=[found.pk])
    assert seats.reading(seats.of_groups(SYSTEM, [found.pk])[found.pk]) is seats.Reading.BY_HAND
    assert chat.send_broadcast(
        actor=LIN, text="{群名}好", selection=Selection(group_ids=(found.pk,)), submission=new_id()
    )
    assert [each.content.plain for each in today(LIN)[0].entries] == ["读书会一群好"]


def test_a_group_is_renamed_and_left(made, group):
    chat.rename_hand_group(actor=LIN, account_id=made.pk, group_id=group.pk, name="读书会总群", members=500)
    group.refresh_from_db()
    assert (group.name, group.member_count) == ("读书会总群", 500)
    chat.group_is_gone(actor=LIN, account_id=made.pk, group_id=group.pk)
    assert by_hand.groups_of(LIN, made.pk) == []
    with pytest.raises(NotFound):
        chat.rename_hand_group(actor=LIN, account_id=made.pk, group_id=group.pk, name="x")
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"account.group_renamed", "account.group_gone"}


def test_only_whoever_operates_everything_enters_groups_and_only_for_such_accounts(made):
    for actor in (Actor(1, "x", {None: Role.SERVICE}), Actor(2, "y", {7: Role.OWNER})):
        with pytest.raises(NotAllowed):
            chat.enter_groups(actor=actor, account_id=made.pk, lines=[GroupLine("a")])
    with pytest.raises(NotFound):
        chat.enter_groups(actor=LIN, account_id=support.account().pk, lines=[GroupLine("a")])
    with pytest.raises(NotAllowed):
        chat.set_carrier(actor=LIN, account_id=made.pk, staff_id=None)


# ------------------------------------------------------------------ carrying
def test_taken_sent_and_on_record(made, group):
    key = planned(made, group)
    chat.take_in_hand(actor=LIN, delivery_id=key)
    assert by_hand.entry(CHEN, key).holder == "林芝"
    chat.note_sent_by_hand(actor=LIN, delivery_id=key)
    delivery = Delivery.objects.get(pk=key)
    assert (delivery.state, delivery.sent_at is not None, delivery.reason) == (S.SENT, True, "林芝")
    assert steps(key) == ["claimed", "sent"]
    (errands,) = today(LIN)
    assert (errands.done, errands.due, errands.total) == (1, 0, 1)
    assert [each.delivery.pk for each in errands.lately] == [key]
    assert today(CHEN)[0].lately == []


def test_what_was_tapped_twice_is_done_once(made, group):
    key, other = planned(made, group), planned(made, group)
    for _attempt in range(3):
        chat.note_sent_by_hand(actor=LIN, delivery_id=key)
        chat.skip_by_hand(actor=LIN, delivery_id=other, reason="The group is gone.")
    assert steps(key) == ["claimed", "sent"]
    assert (state(other), Delivery.objects.get(pk=other).reason) == (S.SKIPPED, "The group is gone.")
    assert AuditEntry.objects.filter(action="delivery.sent_by_hand").count() == 1


def test_somebody_elses_message_is_left_to_them_until_their_time_is_over(made, group):
    key = planned(made, group)
    chat.take_in_hand(actor=LIN, delivery_id=key)
    for step in (chat.take_in_hand, chat.note_sent_by_hand):
        with pytest.raises(Conflict, match="林芝 is sending this"):
            step(actor=CHEN, delivery_id=key)
    with clock.at(clock.now() + timedelta(minutes=6)):
        chat.note_sent_by_hand(actor=CHEN, delivery_id=key)
        with pytest.raises(Conflict, match="陈默 has sent this already"):
            chat.note_sent_by_hand(actor=LIN, delivery_id=key)
    assert steps(key) == ["claimed", "planned", "claimed", "sent"]


def test_what_ran_out_is_free_again_and_its_carrier_may_still_say_sent(made, group):
    key = planned(made, group)
    chat.take_in_hand(actor=LIN, delivery_id=key)
    assert chat.tidy_up_by_hand() == 0
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert chat.tidy_up_by_hand() == 1
        assert state(key) == S.PLANNED
        chat.note_sent_by_hand(actor=LIN, delivery_id=key)
    assert state(key) == S.SENT


def test_too_late_is_skipped_with_the_reason(made, group):
    key = planned(made, group, not_after=clock.now() + timedelta(minutes=2))
    lapsed = planned(made, group, not_after=clock.now() + timedelta(minutes=2))
    chat.take_in_hand(actor=LIN, delivery_id=lapsed)
    with clock.at(clock.now() + timedelta(minutes=7)):
        assert [each.delivery.pk for each in today(CHEN)[0].entries] == [lapsed]
        with pytest.raises(Conflict):
            chat.take_in_hand(actor=LIN, delivery_id=key)
        assert state(key) == S.SKIPPED
        assert "Too late" in Delivery.objects.get(pk=key).reason
        chat.tidy_up_by_hand()
        assert state(lapsed) == S.SKIPPED
        chat.note_sent_by_hand(actor=LIN, delivery_id=lapsed)  # they had it in hand in time, and did send it
        assert state(lapsed) == S.SENT
        with pytest.raises(Conflict):
            chat.note_sent_by_hand(actor=LIN, delivery_id=key)


def test_put_off_until_later_but_not_beyond_its_time(made, group):
    key = planned(made, group, not_after=clock.now() + timedelta(hours=3))
    then = clock.now() + timedelta(hours=1)
    chat.put_off(actor=LIN, delivery_id=key, until=then)
    chat.put_off(actor=LIN, delivery_id=key, until=then + timedelta(seconds=3))  # the same tap, asked again
    assert (state(key), Delivery.objects.get(pk=key).not_before) == (S.PLANNED, then)
    with pytest.raises(Conflict, match="not due"):
        chat.note_sent_by_hand(actor=CHEN, delivery_id=key)
    with clock.at(then + timedelta(minutes=1)):
        assert by_hand.to_carry(LIN) == 1
        for wrong in (
            clock.now() + timedelta(hours=4),
            clock.now() - timedelta(hours=1),
            clock.now() + timedelta(days=90),
        ):
            with pytest.raises(Invalid):
                chat.put_off(actor=LIN, delivery_id=key, until=wrong)


def test_a_word_is_taken_back_within_ten_minutes_by_whoever_gave_it(made, group):
    key, left = planned(made, group), planned(made, group)
    chat.note_sent_by_hand(actor=LIN, delivery_id=key)
    chat.skip_by_hand(actor=LIN, delivery_id=left, reason="No.")
    with pytest.raises(Conflict):
        chat.take_back_word(actor=CHEN, delivery_id=key)
    for each in (key, left):
        chat.take_back_word(actor=LIN, delivery_id=each)
        chat.take_back_word(actor=LIN, delivery_id=each)
        assert (state(each), Delivery.objects.get(pk=each).sent_at) == (S.CLAIMED, None)
    chat.note_sent_by_hand(actor=LIN, delivery_id=key)
    with clock.at(clock.now() + timedelta(minutes=11)), pytest.raises(Conflict, match="no longer be undone"):
        chat.take_back_word(actor=LIN, delivery_id=key)


def test_a_picture_is_kept_as_proof_and_nothing_else(made, group):
    key = planned(made, group)
    with pytest.raises(Conflict):
        chat.add_proof(actor=LIN, delivery_id=key, content=PNG)
    chat.note_sent_by_hand(actor=LIN, delivery_id=key)
    for wrong in (b"", b"<svg onload=alert(1)>", b"%PDF-1.7"):
        with pytest.raises(Invalid):
            chat.add_proof(actor=LIN, delivery_id=key, content=wrong)
    with pytest.raises(Conflict):
        chat.add_proof(actor=CHEN, delivery_id=key, content=PNG)
    chat.add_proof(actor=LIN, delivery_id=key, content=PNG)
    assert Carrying.objects.get(delivery=key).proof_type == "image/png"


def test_a_broadcast_that_is_stopped_is_not_carried_on(made, group):
    def sent():
        text = chat.send_broadcast(
            actor=LIN, text="各位好", selection=Selection(group_ids=(group.pk,)), submission=new_id()
        )
        return text.pk, Delivery.objects.get(broadcast=text).pk

    (first, waiting), (second, held), (third, later) = sent(), sent(), sent()
    for key in (held, later):
        chat.take_in_hand(actor=LIN, delivery_id=key)
    for each in (first, second, third):
        chat.stop_broadcast(actor=LIN, broadcast_id=each)
    assert (state(waiting), state(held)) == (S.HELD, S.CLAIMED)
    chat.put_off(actor=LIN, delivery_id=later, until=clock.now() + timedelta(hours=1))
    with clock.at(clock.now() + timedelta(minutes=6)):
        chat.tidy_up_by_hand()
    assert (state(held), state(later)) == (S.HELD, S.HELD)


def test_a_recall_becomes_an_entry(made, group):
    text = chat.send_broadcast(
        actor=LIN, text="说错了", selection=Selection(group_ids=(group.pk,)), submission=new_id()
    )
    key = Delivery.objects.get(broadcast=text).pk
    chat.note_sent_by_hand(actor=LIN, delivery_id=key)
    chat.recall_broadcast(actor=LIN, broadcast_id=text.pk)
    (entry,) = today(CHEN)[0].entries
    assert entry.recall
    chat.settle_recall_by_hand(actor=CHEN, delivery_id=key, reason="It is too late to take it back there.")
    assert (state(key), by_hand.to_carry(CHEN)) == (S.SENT, 0)
    chat.want_recall(ids=[key])
    chat.settle_recall_by_hand(actor=CHEN, delivery_id=key)
    chat.settle_recall_by_hand(actor=CHEN, delivery_id=key)
    assert state(key) == S.RECALLED


def test_operations_are_on_the_list_too(made, group):
    planned(made, group, "新公告", operation=SetNotice("", "每周三晚八点"))
    (entry,) = today(LIN)[0].entries
    assert entry.operation == SetNotice("", "每周三晚八点")


# ------------------------------------------------------------------ who
def test_who_may_carry_what(made, group):
    other = by_hand_account("小助手4号")
    chat.enter_groups(actor=SYSTEM, account_id=other.pk, lines=[GroupLine("跑者之家")])
    elsewhere = Group.objects.get(name="跑者之家")
    chat.adopt(actor=SYSTEM, community_id=world.a_community().pk, group_ids=[elsewhere.pk])
    ours, theirs = planned(made, group), planned(other, elsewhere)
    person = world.member_of_staff("小满", roles={group.community_id: Role.VIEWER})
    chat.set_carrier(actor=SYSTEM, account_id=other.pk, staff_id=person.pk)
    carrier, operator = world.actor(person), Actor(31, "运营", {group.community_id: Role.OPERATOR})
    nobody = (Actor(32, "看客", {group.community_id: Role.SERVICE}), Actor(None, ""), Actor(33, "x", {}))
    for actor, may, may_not in ((carrier, theirs, ours), (operator, ours, theirs)):
        assert [entry.delivery.pk for each in today(actor) for entry in each.entries] == [may]
        assert len(by_hand.accounts(actor)) == 1
        with pytest.raises(NotFound):
            chat.take_in_hand(actor=actor, delivery_id=may_not)
        chat.note_sent_by_hand(actor=actor, delivery_id=may)
    for actor in nobody:
        assert not by_hand.has_list(actor)
        assert today(actor) == []
        with pytest.raises(NotFound):
            chat.take_in_hand(actor=actor, delivery_id=ours)


def test_what_is_in_hand_when_the_account_goes_is_settled_by_what_was_done(made, group):
    held, lost, waiting = (planned(made, group) for _n in range(3))
    for key in (held, lost):
        chat.take_in_hand(actor=LIN, delivery_id=key)
    chat.set_account_enabled(actor=SYSTEM, account_id=made.pk, enabled=False)
    assert today(LIN) == []
    chat.note_sent_by_hand(actor=LIN, delivery_id=held)
    with pytest.raises(Conflict, match="switched off"):
        chat.take_in_hand(actor=LIN, delivery_id=waiting)
    chat.remove_account(actor=SYSTEM, account_id=made.pk, end_seats=True)
    with clock.at(clock.now() + timedelta(minutes=6)):
        chat.tidy_up_by_hand()
    assert [state(key) for key in (held, lost, waiting)] == [S.SENT, S.SKIPPED, S.SKIPPED]
