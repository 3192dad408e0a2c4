"""The engine: tracks walk, once each, in time, and what fails is found."""

import itertools
from datetime import timedelta

import pytest

from qunce.chat.models import Delivery
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions
from qunce.playbooks.actions.carrying import UNEXPECTED
from qunce.playbooks.actions.engine import NOT_FOR_THEM, TOO_LATE
from qunce.playbooks.models import Execution, Run, Track
from qunce.playbooks.types import ExecutionState, RunState, TrackState
from qunce.team import actions as team
from qunce.team.models import Task
from tests.playbooks import support
from tests.playbooks.support import START, begun, go, groups, said, step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kinds")]
DAY = timedelta(days=1)


@pytest.fixture
def at_start():
    with clock.at(START):
        yield


def states(run):
    return dict(Track.objects.filter(run=run).values_list("group_id", "state"))


def executions(run, **wanted):
    rows = Execution.objects.filter(run_id=run.pk, **wanted).order_by("began_at", "pk")
    return [(row.step, row.state, row.detail) for row in rows]


def test_steps_come_at_their_moments_in_order_and_the_run_ends_with_the_last(at_start):
    (group,) = groups(1)
    run = begun(
        [group],
        step("hello", text="hello"),
        step("later", text="later", when={"after": "PT2H"}),
        step("evening", text="evening", when={"day": 1, "at": "20:00"}),
    )
    go(START)
    assert said() == ["hello"]
    go(START + timedelta(hours=1, minutes=59))
    assert said() == ["hello"]
    go(START + timedelta(hours=2))
    assert said() == ["hello", "later"]
    assert Run.objects.get(pk=run.pk).state == RunState.RUNNING
    track = Track.objects.get(run=run)
    assert track.next_at == START.replace(hour=12) + DAY  # 20 o'clock in Shanghai
    go(track.next_at)
    assert said() == ["hello", "later", "evening"]
    go(track.next_at)
    run.refresh_from_db()
    assert (run.state, Track.objects.get(run=run).state) == (RunState.ENDED, TrackState.DONE)
    assert [row[:2] for row in executions(run)] == [("hello", "done"), ("later", "done"), ("evening", "done")]


def test_day_and_hour_are_those_of_each_group_s_own_zone(at_start):
    here, there = groups(1, zone="Asia/Shanghai") + groups(1, zone="Europe/Berlin")
    run = begun([here, there], step("noon", when={"day": 1, "at": "12:00"}))
    go(START)
    due = dict(Track.objects.filter(run=run).values_list("group_id", "next_at"))
    assert due[there.pk] - due[here.pk] == timedelta(hours=7)


def test_a_path_is_walked_and_then_the_step_behind_the_one_that_branched(at_start):
    (group,) = groups(1)
    left = [step("l1", text="left 1"), step("l2", text="left 2")]
    begun(
        [group],
        step("fork", "fork", path="left", paths={"left": left, "right": [step("r1", text="right")]}),
        step("after", text="after"),
        step("none", "fork", path="right", paths={"left": [step("l3", text="never")]}),
        step("end", text="end"),
    )
    go(START)
    assert said() == ["left 1", "left 2", "after", "end"]


def test_a_step_whose_condition_does_not_hold_is_left_out(at_start):
    found = groups(2)
    only = [["test_named", {"text": found[0].external_id[-1]}]]
    run = begun(found, step("some", text="some", only_if=only), step("all", text="all"))
    go(START)
    assert said(found[0]) == ["some", "all"]
    assert said(found[1]) == ["all"]
    assert ("some", "skipped", NOT_FOR_THEM) in executions(run)


def test_what_a_step_waits_for_wakes_it_and_else_its_time_runs_out(at_start):
    found = groups(2)
    paths = {"answered": [step("yes", text="yes")], "silent": [step("no", text="no")]}
    run = begun(found, step("ask", "hold", event="answer", seconds=3600, paths=paths))
    go(START)
    assert set(states(run).values()) == {TrackState.WAITING}
    with clock.at(START + timedelta(minutes=5)):
        assert actions.wake(event=f"answer:{found[0].pk}", data={"text": "好"}) == 1
        assert actions.wake(event=f"answer:{found[0].pk}", data={"text": "twice"}) == 0
    go(START + timedelta(minutes=5))
    assert said() == ["yes"]
    assert Track.objects.get(run=run, group_id=found[0].pk).data["ask"] == {"woken": {"text": "好"}}
    go(START + timedelta(hours=1))
    assert said(found[1]) == ["no"]
    assert {row[:2] for row in executions(run)} == {("ask", "done"), ("yes", "done"), ("no", "done")}


def test_a_wait_survives_until_its_moment_and_may_have_no_end(at_start):
    (group,) = groups(1)
    run = begun(
        [group], step("pause", "hold", seconds=60), step("ever", "hold", event="x"), step("then", text="then")
    )
    go(START)
    go(START + timedelta(minutes=1))
    assert Track.objects.get(run=run).next_at is None
    go(START + 300 * DAY)
    assert said() == []
    with clock.at(START + 300 * DAY):
        actions.wake(event=f"x:{group.pk}", data={})
    go(START + 300 * DAY)
    assert said() == ["then"]


@pytest.mark.parametrize(("rule", "what"), [("send", ["morning", "next"]), ("skip", ["next"])])
def test_what_is_late_goes_by_its_rule_and_the_rest_comes_in_time(at_start, rule, what):
    (group,) = groups(1)
    run = begun(
        [group],
        step("morning", text="morning", when={"day": 1, "at": "09:00"}),
        step("next", text="next", when={"day": 3, "at": "09:00"}),
        late=rule,
    )
    go(START)
    go(START + DAY + timedelta(hours=2, seconds=1))  # nothing ran for a day
    go(START + 3 * DAY)
    assert said() == what
    if rule == "skip":
        assert ("morning", "skipped", TOO_LATE) in executions(run)


def test_after_an_outage_everything_that_is_late_is_left_out_and_nothing_comes_in_its_place(at_start):
    (group,) = groups(1)
    days = [step(f"d{day}", text=f"day {day}", when={"day": day, "at": "09:00"}) for day in range(1, 6)]
    begun([group], *days)
    go(START)
    go(START + 3 * DAY + timedelta(hours=1))  # within two hours of the third day's
    assert said() == ["day 3"]
    go(START + 4 * DAY)
    assert said() == ["day 3", "day 4"]


@pytest.mark.parametrize("done", [True, False])
def test_of_a_late_step_a_person_may_decide_once_for_all_targets(at_start, done):
    found = groups(3)
    run = begun(found, step("vote", text="vote", when={"day": 1, "at": "09:00"}, late="ask"), step("bye", text="bye"))
    go(START)
    go(START + 2 * DAY)
    task = Task.objects.get(key__startswith="playbooks:late")
    assert said() == []
    assert set(states(run).values()) == {TrackState.WAITING}
    with clock.at(START + 2 * DAY):
        from qunce.kernel import events

        if done:
            team.complete_task(actor=SYSTEM, task_id=task.pk)
        else:
            team.cancel_task(actor=SYSTEM, task_id=task.pk, reason="no")
        events.deliver_pending()
    go(START + 2 * DAY)
    assert said() == (["vote"] * 3 + ["bye"] * 3 if done else ["bye"] * 3)


def test_one_at_fault_is_found_and_the_others_go_on(at_start):
    found = groups(7)
    bad = found[3]
    run = begun(found, step("try", "break", text=bad.external_id), step("then", text="then"))
    go(START)
    assert sorted(states(run).values()) == sorted([TrackState.DUE] + [TrackState.DONE] * 6)
    assert said(bad) == []  # what it had planned before it broke is gone
    moment = START
    for _ in range(5):
        row = Track.objects.get(run=run, group_id=bad.pk)
        moment = row.next_at or moment
        go(moment)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.reason) == (TrackState.FAILED, 5, UNEXPECTED)
    assert moment - START == timedelta(minutes=15)
    assert executions(run, step="try", state="failed") == [("try", "failed", UNEXPECTED)]
    assert Run.objects.get(pk=run.pk).state == RunState.RUNNING  # a person looks


def test_a_step_that_asks_for_it_is_tried_again_and_else_a_person_looks_at_once(at_start):
    (group,) = groups(1)
    run = begun([group], step("again", "break", reason="not yet", seconds=30))
    for_good = begun([group], step("never", "break", reason="no"))
    go(START)
    assert Track.objects.get(run=run).next_at == START + timedelta(seconds=30)
    assert Track.objects.get(run=for_good).state == TrackState.FAILED
    assert Track.objects.get(run=for_good).reason == "no"


def test_a_step_may_end_a_track(at_start):
    (group,) = groups(1)
    done = begun([group], step("out", "leave"), step("never"))
    stopped = begun([group], step("out", "leave", reason="Enough."), step("never"))
    go(START)
    assert said() == []
    assert (Track.objects.get(run=done).state, Track.objects.get(run=done).step) == (TrackState.DONE, "")
    row = Track.objects.get(run=stopped)
    assert (row.state, row.reason) == (TrackState.STOPPED, "Enough.")


def test_variables_are_filled_in_by_the_run_else_by_their_default(at_start):
    (group,) = groups(1)
    variables = {"host": {"label": "主持人", "default": {"zh": "群主", "en": "Host"}}}
    begun([group], step("a", text="{host}!"), variables=variables)
    begun([group], step("a", text="{host}!"), variables=variables, values={"host": "林芝"})
    go(START)
    assert sorted(said()) == ["林芝!", "群主!"]


def test_a_playbook_may_begin_another_one_and_wait_for_it(at_start):
    found = groups(3)
    support.published(support.document(step("inner", text="inner"), key="inner", on="hears"))
    paths = {"done": [step("after", text="after")]}
    run = begun(found, step("sub", "beneath", path="inner", paths=paths))
    go(START)
    assert said() == ["inner"] * 3 + ["after"] * 3
    below = Run.objects.exclude(pk=run.pk).get()
    assert (below.by_trigger, below.state) == (False, RunState.RUNNING)
    go(START + timedelta(seconds=5))
    below.refresh_from_db()
    assert below.state == RunState.ENDED


def test_what_was_carried_out_is_passed_over_whoever_moves_the_track_back(at_start):
    (group,) = groups(1)
    run = begun([group], step("a", text="a"), step("b", text="b"), step("c", text="c", when={"after": "PT1H"}))
    go(START)
    Track.objects.filter(run=run).update(step="a", next_at=START, due_at=START)
    go(START + timedelta(minutes=1))
    assert said() == ["a", "b"]
    row = Track.objects.get(run=run)
    assert (row.step, row.state) == ("c", TrackState.DUE)


def test_a_clock_that_jumps_does_nothing_twice(at_start):
    (group,) = groups(1)
    begun([group], *(step(f"s{n}", text=f"s{n}", when={"after": "PT1H"} if n else {}) for n in range(4)))
    for hours in (0, 1, -5, 1, 0, 2, 1, 3, 3, 2):
        go(START + timedelta(hours=hours))
    assert said() == ["s0", "s1", "s2", "s3"]


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_when_the_clocks_change_each_day_still_has_its_step_once(day):
    from datetime import UTC, datetime

    start = datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=UTC)
    with clock.at(start):
        (group,) = groups(1, zone="Europe/Berlin")
        begun(
            [group],
            *(step(f"d{n}", text=f"d{n}", when={"day": n, "at": "02:30"}) for n in (1, 2, 3)),
            late="send",
        )
    for hour in range(24 * 4):
        go(start + timedelta(hours=hour))
    assert said() == ["d1", "d2", "d3"]
    moments = [row.created_at for row in Delivery.objects.order_by("created_at")]
    assert all(
        timedelta(hours=22) < after - before < timedelta(hours=26) for before, after in itertools.pairwise(moments)
    )


def test_states_of_executions_are_those_that_there_are(at_start):
    (group,) = groups(1)
    run = begun([group], step("hold", "hold", event="x"))
    go(START)
    assert executions(run) == [("hold", ExecutionState.WAITING, "")]


def test_a_set_costs_the_same_number_of_statements_however_many_tracks_are_in_it(
    at_start, django_assert_max_num_queries
):
    found = groups(40)
    begun(found, step("a", text="a"), step("b", text="b"))
    actions.look_for_starts(now=START)
    with django_assert_max_num_queries(16):
        assert actions.advance(now=START) == 40
