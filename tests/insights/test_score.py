"""The score explains itself, does not care for size, and is silent where nothing can be said."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from qunce.cli.bench.stories import STORIES, many, simulated, story
from qunce.insights.policies import health
from qunce.insights.signal import signals
from tests.signals.made import scaled, unknown

KINDS = {key: kind() for key, kind in signals.items() if not kind.needs}
WEIGHTS = {key: kind.weight for key, kind in KINDS.items()}
TITLES = {key: kind.title for key, kind in KINDS.items()}


def weighed(panel):
    return health.weigh(severities(panel), WEIGHTS, panel)


def severities(panel):
    return {key: kind.measure(panel) for key, kind in KINDS.items()}


def score(name, **more):
    return float(weighed(simulated([story(name)], **more)).scores[0])


@pytest.mark.parametrize("people", [4, 12, 60])
def test_stories_are_told_apart(people):
    healthy = score("healthy", people=people)
    assert healthy > 90
    assert score("revived", people=people) > 80
    for name in ("closed circle", "leader gone", "full of advertising", "one voice", "quarrelling"):
        assert score(name, people=people) < healthy - 8, name
    assert score("dying", people=people) < 60
    assert score("dead", people=people) < 15


@settings(max_examples=30)
@given(some.integers(0, 10_000), some.integers(2, 200), some.integers(0, len(STORIES) - 1))
def test_volume_alone_never_scores(seed, times, which):
    panel = simulated([STORIES[which]], people=25, seed=seed)
    small, large = weighed(panel).scores[0], weighed(scaled(panel, times)).scores[0]
    assert np.isnan(small) == np.isnan(large)
    assert np.isnan(small) or abs(small - large) <= 6


@settings(max_examples=30)
@given(some.integers(0, 10_000))
def test_contributions_add_up_to_what_is_missing(seed):
    panel = many(20, seed=seed)
    found = severities(panel)
    scores = health.weigh(found, WEIGHTS, panel)
    for row in range(20):
        judged = health.judgement(scores, row, found, WEIGHTS, TITLES)
        if judged.score is None:
            assert judged.contributions == ()
            continue
        assert 0 <= judged.score <= 100
        assert sum(each.points for each in judged.contributions) == pytest.approx(100 - judged.score, abs=0.01)
        points = [each.points for each in judged.contributions]
        assert points == sorted(points, reverse=True)
        for each in judged.contributions:
            assert each.points * each.weight >= 0, "trouble takes, good news gives"
            assert each.title == TITLES[each.signal]


@settings(max_examples=30)
@given(some.integers(0, 10_000), some.sampled_from(sorted(key for key in WEIGHTS if WEIGHTS[key] > 0)))
def test_more_trouble_never_scores_better(seed, key):
    panel = many(10, seed=seed)
    found = severities(panel)
    worse = {**found, key: np.where(np.isfinite(found[key]), 1, found[key]).astype(np.float32)}
    before, after = (health.weigh(each, WEIGHTS, panel).scores for each in (found, worse))
    known = np.isfinite(before)
    # Good news gives back half of what trouble takes at most: with more trouble it may give back more, never as much.
    assert (after[known] <= before[known] + 1e-3).all()


def test_nothing_is_said_where_nothing_can_be_said():
    panel = simulated([story("healthy")])
    assert np.isnan(weighed(unknown(panel)).scores[0])
    young = replace(panel, age=np.array([10], np.float32))
    assert np.isnan(weighed(young).scores[0])
    away = {key: values.copy() for key, values in panel.series.items()}
    for values in away.values():
        values[:, -20:] = np.nan
    assert np.isnan(weighed(replace(panel, series=away)).scores[0])
    assert not health.observed(replace(panel, series=away))[0]


def test_planned_silence_is_exempt_and_so_is_a_course_that_ended():
    dead = simulated([story("dead")])
    assert np.isnan(weighed(replace(dead, planned_silence=np.array([True]))).scores[0])
    assert np.isnan(score("course finished"))
    silent = simulated([story("course finished")])
    thankless = {**silent.series, "thanks_messages": np.zeros_like(silent["thanks_messages"])}
    assert weighed(replace(silent, series=thankless)).scores[0] < 50


def test_gaps_in_what_was_read_do_not_move_the_score_much():
    whole = simulated([story("healthy"), story("leader gone"), story("one voice")], people=30)
    holes = np.random.default_rng(2).random((3, 90)) < 0.1
    torn = replace(whole, series={key: np.where(holes, np.nan, each) for key, each in whole.series.items()})
    assert np.abs(weighed(whole).scores - weighed(torn).scores).max() < 8


def test_trend_and_members():
    panel = simulated([story("healthy"), story("dying")], people=20)
    trend = health.trend(panel)
    assert abs(trend[0]) < 0.3
    assert trend[1] < -0.7
    assert health.members(panel)[0] == 300
    nobody_knows = replace(panel, size=np.full(2, np.nan, np.float32))
    assert health.members(nobody_knows)[0] > 20
