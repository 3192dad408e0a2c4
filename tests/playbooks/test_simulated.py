"""Rehearsals on groups that do not exist: the same engine, the same every time, and nothing of it stays."""

from dataclasses import replace
from datetime import UTC, datetime
from time import process_time

import pytest

from qunce.community.models import Community, Group
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Invalid, NotAllowed
from qunce.members.models import Member
from qunce.playbooks import actions, selectors
from qunce.playbooks.policies.yaml import read
from qunce.playbooks.types.rehearsal import Rehearsal, Simulated
from tests.playbooks.test_rehearsal import TEXT
from tests.support import world

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 23, 1, tzinfo=UTC)
ANSWERED = TEXT.replace("takes_part: 0", "takes_part: 0.1")


def rehearsed(text=ANSWERED, *, actor=SYSTEM, days=14, **more):
    document = read(text, selectors.vocabulary()) if isinstance(text, str) else text
    return actions.rehearse(
        actor=actor, document=document, simulated=Simulated(**{"groups": 6, **more}), days=days, began_at=START
    )


def test_no_real_group_is_needed_and_everything_says_that_it_is_simulated():
    assert not Group.objects.exists()
    found = rehearsed(members=30)
    assert found.simulated
    assert Rehearsal.from_json(found.to_json()) == found
    assert found.groups == 6
    assert {each.group_id for each in found.messages} == set(range(1, 7))
    assert {each.group for each in found.messages} == {f"Simulated group {number}" for number in range(1, 7)}
    assert [each.account for each in found.quotas] == ["Simulated account"]
    thanks = [each.text for each in found.messages if each.step == "thanks"]
    assert thanks
    assert all("Simulated member" in each for each in thanks)
    assert any("none of them exists" in note for note in found.notes)
    assert found.clashes == []
    assert not any(kind.objects.exists() for kind in (Community, Group, Member))


def test_the_same_seed_is_the_same_rehearsal_and_another_is_another():
    first, again, other = rehearsed(), rehearsed(), rehearsed(seed=2)
    assert replace(first, seconds=0) == replace(again, seconds=0)
    assert (other.answers, [each.at for each in other.messages]) != (
        first.answers,
        [each.at for each in first.messages],
    )


def test_groups_are_about_as_large_as_wished():
    few, many = rehearsed(members=10), rehearsed(members=200)
    assert 3 <= few.answers <= 12
    assert 60 <= many.answers <= 180


def test_a_community_that_really_is_called_so_is_no_obstacle():
    world.a_community("Simulated community")
    assert rehearsed(groups=1).messages


def test_members_begin_in_groups_that_do_not_exist():
    found = rehearsed(selectors.library_entry("welcome-7-days").document)
    assert found.tracks == 18
    assert found.messages


@pytest.mark.parametrize("size", [{"groups": 0}, {"groups": 1001}, {"members": 0}, {"members": 10_001}])
def test_there_are_bounds(size):
    with pytest.raises(Invalid):
        rehearsed(**size)


def test_who_operates_nothing_rehearses_nothing():
    viewer = world.actor(world.member_of_staff(roles={world.a_community().pk: "viewer"}))
    with pytest.raises(NotAllowed):
        rehearsed(actor=viewer)


def test_many_groups_share_their_moments():
    """500 groups take a minute at most: by the time at work, which does not depend on what else runs."""
    began = process_time()
    found = rehearsed(days=30, groups=50)
    assert process_time() - began < 15
    assert len(found.messages) >= 250
    assert not found.stopped_early
    moments = {each.at for each in found.messages}
    assert len(moments) < 40


def test_what_must_be_filled_in_is_seen_as_its_variable():
    text = "key: host\ntitle: a\nvariables: {host: {label: 主持人, required: true}}\nsteps:\n"
    found = rehearsed(text + "  - {id: hello, do: send, text: '我是{host}'}\n", groups=1)
    assert [each.text for each in found.messages] == ["我是{host}"]


def test_roles_go_round_among_people_who_do_not_exist():
    found = rehearsed(selectors.library_entry("rotating-host").document, groups=3, members=20, days=5)
    hosted = [each for each in found.messages if "Simulated member" in each.text]
    assert {each.group_id for each in hosted} == {1, 2, 3}
    assert len({each.text for each in hosted if each.group_id == 1}) > 1, "not always the same host"
