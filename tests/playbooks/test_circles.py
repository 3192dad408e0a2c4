"""Workers that take the same things in different orders do not wait for each other for ever."""

from contextlib import contextmanager, suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from qunce.community import actions as community
from qunce.community.models import Community
from qunce.kernel import locks, revisions, wire
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions
from qunce.playbooks.actions.calls import Opening, open_calls
from qunce.playbooks.models import Execution, Track
from qunce.playbooks.step import steps
from qunce.playbooks.types import Done
from tests.playbooks.support import Say, begun, go, groups, step
from tests.support import world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kinds")]


class Taking(Say):
    """Takes one thing, meets the other worker (the first time), and takes another thing."""

    speaks = False
    together: Barrier
    things: dict[str, object]
    times: list[str]

    def run(self, runs):
        first, second = runs[0].config.text, runs[0].config.path
        self.things[first](runs)
        self.times.append(first)
        if len(self.times) <= 2:
            with suppress(BrokenBarrierError):
                self.together.wait(5)
        self.things[second](runs)
        return [Done()] * len(runs)


@contextmanager
def taking(**things):
    Taking.key, Taking.together, Taking.things, Taking.times = "test_taking", Barrier(2), things, []
    steps._kinds[Taking.key] = Taking
    try:
        yield
    finally:
        del steps._kinds[Taking.key]


def opens(runs):
    open_calls(openings=[Opening(each, each.now) for each in runs])


def tags(runs):
    community.tag_groups(actor=SYSTEM, group_ids=[each.group.id for each in runs], add=["新"])


def at_the_same_time(*runs):
    """A worker for each run; what they raised."""
    raised = []

    def work(run):
        try:
            while actions.advance(run_ids=[run.pk]):
                pass
        except Exception as error:  # noqa: BLE001 (whatever it is, the test says so)
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def both_took(*runs):
    """Each walked through, once, without a failed attempt."""
    rows = Track.objects.filter(run__in=runs)
    assert set(rows.values_list("state", "attempts", "reason")) == {("done", 0, "")}
    assert set(Execution.objects.values_list("state", "occurrence")) == {("done", 0)}
    assert Execution.objects.count() == rows.count()


def test_what_all_share_is_taken_last():
    """One opens a call and tags a group, the other tags a group and opens a call."""
    found = groups(2)
    with taking(opens=opens, tags=tags):
        runs = [
            begun(found[:1], step("a", "taking", text="opens", path="tags")),
            begun(found[1:], step("a", "taking", text="tags", path="opens")),
        ]
        actions.look_for_starts()
        before = revisions.current()
        assert at_the_same_time(*runs) == []
        both_took(*runs)
        assert sorted(Taking.times) == ["opens", "tags"]  # at the first attempt
    after = revisions.current()
    assert after["calls"] == before.get("calls", 0) + 2
    assert after["groups"] == before["groups"] + 2


def test_whoever_is_chosen_to_open_a_circle_begins_its_set_again():
    """What the steps themselves take in different orders nobody can put in order for them."""
    found, homes = groups(2), [world.a_community().pk for _ in range(2)]

    def take(number):
        return lambda _runs: locks.row(Community, homes[number])

    with taking(one=take(0), two=take(1)):
        runs = [
            begun(found[:1], step("a", "taking", text="one", path="two")),
            begun(found[1:], step("a", "taking", text="two", path="one")),
        ]
        actions.look_for_starts()
        assert at_the_same_time(*runs) == []
        both_took(*runs)
        assert len(Taking.times) == 3


def test_what_a_crash_has_kept_asleep_is_woken_by_the_clock():
    found = groups(1)
    begun(found, step("x", text="below"), key="beneath", on="hears", with_={"text": "never"})
    run = begun(found, step("a", "beneath", path="beneath"), step("b", text="after"))
    go()
    above = Track.objects.get(run=run)
    assert above.state == "done"
    (below,) = Track.objects.exclude(run=run)
    Track.objects.filter(pk=above.pk).update(
        state="waiting", step="a", waits_for=f"track:{below.pk}", woken=None, next_at=None, ended_at=None
    )
    Execution.objects.filter(track_id=above.pk).delete()
    go()
    assert Track.objects.get(run=run).state == "waiting"
    assert actions.wake_above() == 1
    assert actions.wake_above() == 0
    go()
    assert Track.objects.get(run=run).state == "done"


def test_bumping_later_is_within_its_transaction_and_of_its_own_thread():
    seen = []

    def elsewhere():
        try:
            seen.append((wire.kept().get("qunce_bumped"), revisions.current().get("later", 0)))
        finally:
            connection.close()

    with revisions.at_the_end():
        with revisions.at_the_end():
            revisions.bump("later")
        other = Thread(target=elsewhere)
        other.start()
        other.join()
    assert seen == [(None, 0)]
    assert revisions.current()["later"] == 1
    with pytest.raises(RuntimeError), revisions.at_the_end():
        revisions.bump("later")
        raise RuntimeError
    assert revisions.current()["later"] == 1
