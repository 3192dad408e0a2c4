"""Groups that get a tag begin, in runs that reach them."""

import pytest

from qunce.community import actions as community
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from tests.steps.bench import HOUR, START, Bench

pytestmark = pytest.mark.django_db
SEND = [{"id": "hello", "do": "send", "with_": {"text": "好"}}]


def tag(bench, rooms, at, **tags):
    with clock.at(at):
        community.tag_groups(actor=SYSTEM, group_ids=[bench.groups[room].pk for room in rooms], **tags)
    bench.go(at)


def test_a_group_begins_with_the_tag_once_and_not_for_what_it_had_before():
    bench = Bench()
    tag(bench, ["!b"], START - HOUR, add=["样板"])
    bench.begin(SEND, rooms=("!a", "!b"), audience="group", start={"on": "tagged", "with_": {"tags": ["样板"]}})
    tag(bench, ["!a", "!b"], START + HOUR, add=["别的"])
    assert bench.tracks() == []
    tag(bench, ["!a", "!b"], START + HOUR, add=["样板"])
    assert [each.group_id for each in bench.tracks()] == [bench.groups["!a"].pk]
    tag(bench, ["!a"], START + 2 * HOUR, remove=["样板"])
    tag(bench, ["!a"], START + 3 * HOUR, add=["样板"])
    assert len(bench.tracks()) == 1
    assert bench.said() == ["好"]


def test_groups_that_a_run_does_not_reach_do_not_begin():
    bench = Bench()
    bench.begin(SEND, rooms=("!b",), audience="group", start={"on": "tagged", "with_": {"tags": ["样板"]}})
    tag(bench, ["!a"], START + HOUR, add=["样板"])
    assert bench.tracks() == []
