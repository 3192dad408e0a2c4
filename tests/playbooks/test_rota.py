"""Roles that go round: everybody in order, swaps and stand-ins, and what is remembered of each."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunce.chat.types import MemberJoined, Sender
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from qunce.playbooks import actions, policies, selectors
from qunce.playbooks.models import RotaTurn
from qunce.playbooks.types import Had, Place, TurnState
from tests.chat import support
from tests.support import world

MONDAY = date(2026, 12, 7)
PEOPLE = ("阿明", "小红", "老王", "Zoë")


# ------------------------------------------------------------------ the order
@given(st.integers(1, 9), st.integers(1, 60), st.sets(st.integers(0, 6), min_size=1))
def test_nobody_has_a_second_turn_before_all_others(people, days, weekdays):
    wanted = policies.days(weekdays, MONDAY, MONDAY + timedelta(days=days))
    turns = policies.next_turns([Place(key) for key in range(people)], [], wanted)
    assert [turn.day for turn in turns] == wanted
    assert [turn.member_id for turn in turns] == [n % people for n in range(len(wanted))]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.integers(0, 20)), max_size=6))
def test_nobody_has_a_turn_on_a_day_on_which_they_cannot(absences):
    order = {key: Place(key) for key in range(6)}
    for key, since, lasts in absences:
        order[key] = Place(key, MONDAY + timedelta(since), MONDAY + timedelta(since + lasts))
    wanted = policies.days(range(7), MONDAY, MONDAY + timedelta(days=20))
    turns = policies.next_turns(list(order.values()), [], wanted)
    assert all(order[turn.member_id].can(turn.day) for turn in turns)
    free = set(wanted) - {turn.day for turn in turns}
    assert all(not place.can(day) for day in free for place in order.values())


def test_turns_made_later_go_on_from_those_that_were():
    order = [Place(1), Place(2), Place(3)]
    first = policies.next_turns(order, [], [MONDAY, MONDAY + timedelta(1)])
    more = policies.next_turns(order, first, [MONDAY + timedelta(2), MONDAY + timedelta(3)])
    assert [turn.member_id for turn in first + more] == [1, 2, 3, 1]
    assert policies.next_turns([], [Had(1, MONDAY)], [MONDAY]) == []


# ------------------------------------------------------------------ in a group
@pytest.fixture
def made(transactional_db):
    account = support.account()
    (room,) = support.adopted(account, "!room").values()
    support.live(
        account, *(MemberJoined("!room", Sender(f"@{n}", name), at=clock.now()) for n, name in enumerate(PEOPLE))
    )
    return room


def people_of(room):
    named = {name: key for key, name in selectors.candidates(SYSTEM, room.pk)}
    return [named[name] for name in PEOPLE]


def begun(room, actor=None, **more):
    given = {"title": "代班群主", "duties": "早上发一篇好文", "weekdays": range(7), "member_ids": people_of(room)}
    return actions.begin_rota(actor=actor or world.actor(world.owner()), group_id=room.pk, **given | more)


def hosts(rota):
    return list(rota.turns.order_by("day").values_list("member_id", flat=True))


def test_five_weeks_are_made_at_once_and_the_clock_makes_the_rest(made):
    rota = begun(made)
    ids = people_of(made)
    assert hosts(rota) == [ids[n % 4] for n in range(36)]
    assert actions.plan_turns() == 0
    with clock.at(clock.now() + timedelta(days=3)):
        assert actions.plan_turns() == 3
    assert hosts(rota) == [ids[n % 4] for n in range(39)]
    duty = selectors.on_duty(SYSTEM, rota.pk)
    assert (duty.turn.member_id, duty.following.member_id) == (ids[0], ids[1])
    assert "代班群主" in AuditEntry.objects.get(action="rota.begun").params.values()


def test_two_change_days_and_somebody_stands_in(made):
    actor = world.actor(world.owner())
    rota = begun(made, actor)
    ids, today = people_of(made), clock.today("Asia/Shanghai")
    actions.swap_turns(actor=actor, rota_id=rota.pk, one=today, other=today + timedelta(1))
    assert hosts(rota)[:4] == [ids[1], ids[0], ids[2], ids[3]]
    actions.give_turn(actor=actor, rota_id=rota.pk, day=today + timedelta(2), member_id=ids[3])
    third = rota.turns.get(day=today + timedelta(2))
    assert (third.member_id, third.owed_by) == (ids[3], ids[2])
    actions.change_rota(
        actor=actor, rota_id=rota.pk, title="值日", duties="", weekdays=[0, 1, 2, 3, 4, 5, 6], member_ids=ids[::-1]
    )
    assert hosts(rota)[:3] == [ids[1], ids[0], ids[3]], "what a person has decided stays"
    with pytest.raises(Invalid, match="does not take turns"):
        actions.give_turn(actor=actor, rota_id=rota.pk, day=today, member_id=987_654)


def test_who_does_not_answer_is_replaced_by_the_next_one_and_again(made):
    rota = begun(made)
    ids, today = people_of(made), clock.today("Asia/Shanghai")
    assert actions.stand_in(rota_id=rota.pk, day=today, instead_of=ids[0]) in set(ids[2:]), (
        "not by whoever has tomorrow"
    )
    turn = rota.turns.get(day=today)
    assert turn.owed_by == ids[0]
    assert not actions.accept_turn(rota_id=rota.pk, day=today, member_id=ids[0]), "it is theirs no more"
    assert actions.accept_turn(rota_id=rota.pk, day=today, member_id=turn.member_id)
    actions.settle_turn(actor=SYSTEM, rota_id=rota.pk, day=today, kept=True, handover="明天记得发海报")
    done = {row.member_id: row for row in selectors.credit(SYSTEM, rota.pk)}
    assert (done[turn.member_id].kept, done[turn.member_id].for_others) == (1, 1)
    assert done[ids[0]].kept == 0
    assert selectors.on_duty(SYSTEM, rota.pk, today + timedelta(1)).handover == "明天记得发海报"
    assert actions.stand_in(rota_id=rota.pk, day=today, instead_of=turn.member_id) is None, "it is over"


def test_days_on_which_somebody_cannot_go_to_the_others(made):
    actor = world.actor(world.owner())
    rota = begun(made, actor)
    ids, today = people_of(made), clock.today("Asia/Shanghai")
    actions.set_away(actor=actor, rota_id=rota.pk, member_id=ids[0], since=today, until=today + timedelta(9))
    assert ids[0] not in hosts(rota)[:10]
    assert hosts(rota)[10] == ids[0], "whoever had none for longest comes first"
    with pytest.raises(Invalid, match="before the beginning"):
        actions.set_away(actor=actor, rota_id=rota.pk, member_id=ids[0], since=today, until=today - timedelta(1))


def test_what_cannot_be_is_refused_and_changes_nothing(made):
    rota = begun(made)
    before = hosts(rota)
    actor = world.actor(world.owner())
    for wrong, said in (
        ({"title": "  "}, "a name"),
        ({"weekdays": []}, "at least one day"),
        ({"member_ids": []}, "who takes turns"),
        ({"member_ids": [987_654]}, "is not in this group"),
    ):
        with pytest.raises(Invalid, match=said):
            begun(made, actor, **{"title": "另一个"} | wrong)
    with pytest.raises(Conflict, match="already"):
        begun(made, actor)
    assert hosts(rota) == before
    assert RotaTurn.objects.exclude(rota=rota).count() == 0


def test_only_operators_of_the_community_decide(made):
    rota = begun(made)
    viewer = world.actor(world.member_of_staff("看客", roles={made.community_id: Role.VIEWER}))
    assert selectors.rota(viewer, rota.pk) == rota
    with pytest.raises(NotAllowed):
        actions.end_rota(actor=viewer, rota_id=rota.pk)
    stranger = world.actor(world.member_of_staff("路人", roles={world.a_community().pk: Role.OWNER}))
    with pytest.raises(NotFound):
        actions.end_rota(actor=stranger, rota_id=rota.pk)
    actions.end_rota(actor=world.actor(world.owner()), rota_id=rota.pk)
    assert not rota.turns.filter(state=TurnState.PLANNED).exists()
    assert list(selectors.visible_rotas(viewer)) == []
