"""The early warning: early, explained, and measured as scipy measures."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import optimize, stats

from qunce.cli.bench.stories import simulated, story
from qunce.insights.policies import evaluation, warning
from tests.signals.made import unknown


def probability(name, **more):
    return float(warning.probabilities(simulated([story(name)], **more), warning.BUILT_IN)[0])


def test_a_dying_group_is_warned_of_and_a_healthy_one_is_not():
    assert probability("healthy", people=12) < 0.05
    assert probability("dying", people=12) > 0.3
    assert probability("dying", people=12) > probability("leader gone", people=12) > probability("healthy", people=12)


def test_silent_unobserved_planned_and_newborn_groups_are_not_foreseen():
    assert np.isnan(probability("dead"))
    dying = simulated([story("dying")])
    assert np.isnan(warning.probabilities(unknown(dying), warning.BUILT_IN)[0])
    assert np.isnan(warning.probabilities(replace(dying, planned_silence=np.array([True])), warning.BUILT_IN)[0])
    assert np.isnan(warning.probabilities(replace(dying, age=np.array([20], np.float32)), warning.BUILT_IN)[0])
    assert warning.warned(unknown(dying), 0, warning.BUILT_IN) is None


def test_it_says_why_the_strongest_first():
    found = warning.warned(simulated([story("healthy"), story("dying")], people=12), 1, warning.BUILT_IN)
    assert found.probability > 0.3
    points = [each.points for each in found.clues]
    assert points == sorted(points, reverse=True)
    assert {"fall", "leaderless"} <= {each.key for each in found.clues}
    for each in found.clues:
        assert (each.sentence % each.values).endswith(".")
    odds = warning.BASE + sum(points)
    assert found.probability == pytest.approx(1 / (1 + np.exp(-odds)), abs=0.05)


def test_only_what_was_before_counts():
    """What comes after the last day cannot be seen: a panel cut there says the same."""
    long = simulated([story("dying")], days=120, until=story_end() + timedelta(days=30))
    cut = replace(
        long,
        stretch=replace(long.stretch, count=90),
        series={key: values[:, :90] for key, values in long.series.items()},
    )
    spoiled = {
        key: np.concatenate([each[:, :90], each[:, 90:] * 0], axis=1)[:, :90] for key, each in long.series.items()
    }
    assert (warning.features(cut) == warning.features(replace(cut, series=spoiled))).all()


def story_end():
    return simulated([story("dying")]).stretch.last


# ------------------------------------------------------------------ what it is worth
@given(some.integers(0, 10_000), some.integers(3, 80), some.integers(1, 6))
def test_the_area_is_that_of_mann_and_whitney(seed, cases, levels):
    rng = np.random.default_rng(seed)
    foreseen, came = rng.integers(0, levels, cases) / levels, rng.random(cases) < 0.4
    found = evaluation.auc(foreseen, came)
    if came.all() or not came.any():
        assert found is None
        return
    u = stats.mannwhitneyu(foreseen[came], foreseen[~came]).statistic
    assert found == pytest.approx(u / (came.sum() * (~came).sum()))


def test_the_fit_is_the_best_one():
    rng = np.random.default_rng(4)
    met = rng.random((300, 3))
    came = rng.random(300) < warning.sigmoid(met @ [2.0, -1.0, 0.5] - 1)
    found = evaluation.fit(met, came, ridge=0.5)

    def loss(weights):
        odds = weights[0] + met @ weights[1:]
        penalty = (0.5 * weights[1:] ** 2).sum() / 2 + 1e-6 * weights[0] ** 2 / 2
        return np.logaddexp(0, odds).sum() - odds[came].sum() + penalty

    assert np.allclose(found, optimize.minimize(loss, np.zeros(4), tol=1e-10).x, atol=1e-3)


def test_left_out_means_left_out():
    """A home in which everything is the other way round is foreseen wrongly, for nobody has learnt from it."""
    rng = np.random.default_rng(5)
    met = rng.random((400, 1))
    homes = np.repeat(np.arange(4), 100)
    came = np.where(homes == 3, met[:, 0] < 0.5, met[:, 0] > 0.5)
    found = evaluation.left_out(met, came, homes)
    assert evaluation.auc(found[homes == 3], came[homes == 3]) < 0.05
    assert evaluation.auc(found[homes == 0], came[homes == 0]) > 0.95


def test_calibration_and_brier():
    foreseen, came = (
        np.array([0.1] * 50 + [0.9] * 50),
        np.array([False] * 45 + [True] * 5 + [True] * 45 + [False] * 5),
    )
    found = evaluation.measured(foreseen, came, bins=2)
    assert [(each.cases, each.came) for each in found.calibration] == [(50, 0.1), (50, 0.9)]
    assert found.brier == pytest.approx(0.09)
    assert found.brier_base == pytest.approx(0.25)
    assert (found.cases, found.silent) == (100, 50)
