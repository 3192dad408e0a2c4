"""Stages and turns of made lives: known change points are found, noise moves nothing, the past stays as it was."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from qunce.insights.policies import stages
from qunce.insights.types import Stage

MONDAY = date(2025, 1, 6)


def life(*pieces, people=12.0, seed=1, fresh=0.3):
    """A group's days, [1, days]: pieces of (weeks, from, to) as factors of ``people``, drawn with noise."""
    rng = np.random.default_rng(seed)
    levels = np.concatenate([np.linspace(begin, end, weeks * 7) for weeks, begin, end in pieces])
    active = rng.poisson(levels * people).astype(np.float32)[None, :]
    return active, rng.binomial(active.astype(int), fresh).astype(np.float32)


def told(active, fresh):
    monday, codes = stages.by_week(active, fresh, MONDAY)
    last = MONDAY + timedelta(days=active.shape[1] - 1)
    return stages.spans(codes[0], monday, last)


def names(active, fresh):
    return [each.stage for each in told(active, fresh)]


@pytest.mark.parametrize("people", [5, 20, 300])
@pytest.mark.parametrize("seed", range(4))
def test_a_steady_group_is_forming_and_then_mature(people, seed):
    found = told(*life((60, 1, 1), people=people, seed=seed))
    assert [found[0].stage, found[1].stage] == [Stage.FORMING, Stage.MATURE]
    mature = sum((each.last - each.first).days + 1 for each in found if each.stage is Stage.MATURE)
    assert mature >= 0.85 * 60 * 7


@pytest.mark.parametrize("people", [10, 100])
def test_a_whole_life(people):
    active, fresh = life((20, 1, 1), (16, 1, 3), (20, 3, 3), (20, 3, 0.15), (14, 0, 0), (12, 2, 2), people=people)
    found = names(active, fresh)
    order = [Stage.FORMING, Stage.MATURE, Stage.GROWING, Stage.MATURE, Stage.DECLINING, Stage.DORMANT, Stage.REVIVED]
    assert found[: len(order)] == order


def test_growth_without_new_voices_is_a_burst():
    active, fresh = life((30, 1, 1), (10, 1, 3), people=40)
    fresh[:, 30 * 7 :] = 0
    assert Stage.GROWING not in names(active, fresh)


def test_the_number_of_people_does_not_matter():
    active, fresh = life((20, 1, 1), (20, 1, 0.2), (10, 0, 0), people=200)
    assert names(active, fresh) == names(active / 20, fresh / 20)


@settings(max_examples=30)
@given(some.integers(0, 10_000), some.integers(20, 60))
def test_what_was_said_once_stays_said(seed, weeks):
    active, fresh = life((30, 1, 1), (15, 1, 0.2), (25, 0.2, 1.5), seed=seed)
    _monday, whole = stages.by_week(active, fresh, MONDAY)
    _monday, part = stages.by_week(active[:, : weeks * 7 + 3], fresh[:, : weeks * 7 + 3], MONDAY)
    assert (part == whole[:, :weeks]).all()


def test_groups_are_judged_alone_and_weeks_begin_on_mondays():
    active, fresh = life((30, 1, 1), (20, 1, 0.1))
    both = np.concatenate([active, active[:, ::-1]]), np.concatenate([fresh, fresh[:, ::-1]])
    monday, codes = stages.by_week(*both, MONDAY + timedelta(days=2))
    assert monday == MONDAY + timedelta(days=7)
    assert codes.shape == (2, 49)
    alone = stages.by_week(active, fresh, MONDAY + timedelta(days=2))[1]
    assert (codes[0] == alone[0]).all()


def test_days_that_are_not_observed_change_nothing():
    active, fresh = life((40, 1, 1), people=30)
    active[:, 20 * 7 : 26 * 7] = np.nan
    assert names(active, fresh) == [Stage.FORMING, Stage.MATURE]


def test_what_ended_on_purpose_is_finished_from_that_day_on():
    active, fresh = life((20, 1, 1), (10, 0, 0))
    monday, codes = stages.by_week(active, fresh, MONDAY)
    over, last = MONDAY + timedelta(days=20 * 7), MONDAY + timedelta(days=30 * 7 - 1)
    found = stages.spans(codes[0], monday, last, over)
    assert [each.stage for each in found] == [Stage.FORMING, Stage.MATURE, Stage.FINISHED]
    assert (found[1].last, found[2].first, found[2].last) == (over - timedelta(days=1), over, last)
    assert stages.latest(codes[:, :0]) == [None]


# ------------------------------------------------------------------ turns
def turned(active):
    monday, people = stages.weekly(active, MONDAY)
    return stages.turns(people[0], monday)


@pytest.mark.parametrize("seed", range(8))
def test_known_turns_are_found_where_they_are(seed):
    active, _fresh = life((30, 1, 1), (25, 3, 3), (30, 0.6, 0.6), people=15, seed=seed)
    found = turned(active)
    assert len(found) == 2
    for each, week in zip(found, (30, 55), strict=True):
        assert abs((each.day - MONDAY).days - week * 7) <= 7
    assert found[0].before == pytest.approx(15, rel=0.15)
    assert found[0].after == pytest.approx(45, rel=0.15)
    assert found[1].after == pytest.approx(9, rel=0.2)


def test_noise_alone_turns_nothing():
    turns = [len(turned(life((80, 1, 1), people=people, seed=seed)[0])) for people in (3, 15) for seed in range(25)]
    assert np.mean(turns) <= 0.2


@given(some.lists(some.floats(0, 100, width=32), min_size=0, max_size=60))
def test_the_division_into_pieces_is_the_cheapest(values):
    people = np.array(values, np.float32)
    found = stages.turns(people, MONDAY)
    bounds = [(each.day - MONDAY).days // 7 for each in found]
    assert bounds == sorted(set(bounds))
    assert all(4 <= bound <= len(values) - 4 for bound in bounds)
