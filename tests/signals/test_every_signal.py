"""Every signal sees what it is there for, says nothing of healthy groups, and claims nothing that it cannot know."""

from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import numpy as np
import pytest

from qunce.cli.bench.stories import STORIES, many, simulated, story
from qunce.insights.metric import metrics
from qunce.insights.policies.proposals import proposals
from qunce.insights.signal import signals
from qunce.insights.types import Evidence
from tests.signals.made import changed, said_today, scaled, unknown

KEYS = sorted(signals)
GOOD = {"revival", "belonging", "gain"}
HEALTHY = simulated([story("healthy")])


def fixture(key):
    return import_module(f"tests.signals.fixtures.{key}")


@pytest.mark.parametrize("key", KEYS)
def test_it_shows_where_it_is_and_not_elsewhere(key):
    made = fixture(key)
    signal = signals[key]()
    assert signal.measure(made.shows)[0] >= 0.5
    calm = getattr(made, "calm", HEALTHY)
    assert signal.measure(calm)[0] <= 0.15


@pytest.mark.parametrize("key", KEYS)
def test_it_explains_itself_in_a_whole_sentence_with_its_numbers(key):
    made = fixture(key)
    signal = signals[key]()
    severity = float(signal.measure(made.shows)[0])
    found = signal.explain(made.shows, 0, severity)
    said = found.sentence % found.values
    assert made.said in said
    assert said.endswith((".", ")"))
    assert "nan" not in said
    assert (found.signal, found.severity) == (key, severity)
    assert all(number.label and number.value == number.value for number in found.evidence.numbers)
    assert any(number.bound is not None for number in found.evidence.numbers) or key in {
        "gain",
        "conversion",
        "rhythm",
    }
    assert found.evidence.until == made.shows.stretch.last
    assert found.evidence.since < found.evidence.until


@pytest.mark.parametrize("key", KEYS)
def test_it_points_to_people_and_messages_of_the_group(key):
    facts = said_today()
    found = signals[key]().explain(fixture(key).shows, 0, 0.5, facts)
    keys = [facts.key(number) for number in range(facts.at.size)]
    assert set(found.evidence.people) <= set(facts.people[:5]), "no bots"
    assert set(found.evidence.messages) <= set(keys)


def test_evidence_names_whom_and_what_it_is_about():
    facts = said_today()

    def pointed(key):
        evidence = signals[key]().explain(fixture(key).shows, 0, 0.5, facts).evidence
        number = {facts.key(n): n for n in range(facts.at.size)}
        return list(evidence.people), [number[each] for each in evidence.messages]

    assert pointed("leadership") == ([100], [0])
    assert pointed("unanswered") == ([], [5])
    assert pointed("ad_decay") == ([103], [3])
    assert pointed("conflict") == ([101], [6])
    assert pointed("one_voice") == ([101], [6, 8, 9])
    assert pointed("closed_circle")[1] == [3, 5]
    assert pointed("lurking_newcomers")[0] == [104]
    assert pointed("belonging")[1] == [7, 8]
    assert pointed("finished")[1] == [7]


def test_a_guess_about_the_team_is_called_one():
    guessed = replace(said_today(), staff_is_guessed=True)
    for key in KEYS:
        note = signals[key]().explain(fixture(key).shows, 0, 0.5, guessed).evidence.note
        assert bool(note) == (key in {"leadership", "single_point"})
        assert not signals[key]().explain(fixture(key).shows, 0, 0.5, said_today()).evidence.note


@pytest.mark.parametrize("key", KEYS)
def test_what_is_not_observed_is_not_judged(key):
    assert np.isnan(signals[key]().measure(unknown(fixture(key).shows))).all()


@pytest.mark.parametrize("key", KEYS)
def test_a_series_that_is_missing_is_not_known(key):
    signal = signals[key]()
    nothing = replace(HEALTHY, series={})
    assert np.isnan(signal.measure(nothing)).all()


@pytest.mark.parametrize("key", KEYS)
def test_severities_lie_between_nothing_and_fully_and_each_group_is_judged_alone(key):
    signal = signals[key]()
    panel = many(60, seed=3)
    if signal.needs:
        panel = replace(panel, series={**panel.series, **dict.fromkeys(signal.reads, panel["new_speakers"])})
    together = signal.measure(panel)
    known = together[np.isfinite(together)]
    assert ((known >= 0) & (known <= 1)).all()
    backwards = replace(
        panel,
        group_ids=panel.group_ids[::-1],
        series={name: values[::-1] for name, values in panel.series.items()},
        age=panel.age[::-1],
        size=panel.size[::-1],
    )
    assert np.allclose(signal.measure(backwards)[::-1], together, equal_nan=True)


@pytest.mark.parametrize("key", KEYS)
def test_a_young_group_or_a_short_panel_is_no_error(key):
    signal = signals[key]()
    made = fixture(key).shows
    short = {name: values[:, -5:] for name, values in made.series.items()}
    stretch = replace(made.stretch, first=made.stretch.last - timedelta(days=4), count=5)
    severity = signal.measure(replace(made, series=short, stretch=stretch, age=np.array([5], np.float32)))
    assert severity.shape == (1,)
    assert np.isnan(severity[0]) or 0 <= severity[0] <= 1


@pytest.mark.parametrize("key", KEYS)
def test_the_size_of_a_group_is_no_merit(key):
    """In groups of enough people to tell, a hundred times as many change little."""
    signal = signals[key]()
    panel = simulated(STORIES, people=40, seed=5)
    if signal.needs:
        panel = replace(panel, series={**panel.series, **dict.fromkeys(signal.reads, panel["new_speakers"])})
    small, large = signal.measure(panel), signal.measure(scaled(panel, 100))
    assert np.allclose(small, large, atol=0.2, equal_nan=True)


@pytest.mark.parametrize("key", KEYS)
def test_it_is_declared_completely(key):
    kind = signals[key]
    assert kind.title
    assert kind.threshold.endswith(".")
    assert kind.weight <= 0 if key in GOOD or key == "finished" else kind.weight > 0
    assert set(kind.reads) <= {each for each, metric in metrics.items() if metric.daily} or kind.needs
    assert not kind.proposal or kind.proposal in proposals
    assert kind.proposal or kind.needs or kind.weight <= 0, "trouble without a proposal"
    assert 0 <= kind.chance <= 1
    if kind.alarm:
        assert kind.alarm % {"group": "晨读群"}


def test_every_proposal_is_measured_by_a_metric_and_named_by_a_signal():
    named = {kind.proposal for kind in signals.values()}
    for key, draft in proposals.items():
        assert key in named
        assert metrics[draft.metric].daily
        assert len(draft.steps) >= 2
        assert draft.days > 0


@pytest.mark.parametrize("key", KEYS)
def test_many_groups_are_explained_as_one_by_one(key):
    panel, signal = many(40, seed=5), signals[key]()
    if signal.needs:
        panel = replace(panel, series={**panel.series, **dict.fromkeys(signal.reads, panel["new_speakers"])})
    rows = {int(row): 0.5 for row in np.flatnonzero(np.isfinite(signal.measure(panel)))}
    alone = {row: replace(signal.explain(panel, row, 0.5), evidence=Evidence()) for row in rows}
    assert {
        row: replace(found, evidence=Evidence()) for row, found in signal.explain_rows(panel, rows).items()
    } == alone


def test_where_little_happens_less_is_said():
    quiet = changed(HEALTHY, active=0.0)
    quiet["active"][:, -3] = 1
    assert signals["rhythm_lost"]().explain(quiet, 0, 1.0).values == {"days": "1"}
    few = changed(HEALTHY, new_speakers=0.0, newcomers_answered=0.0)
    few["new_speakers"][:, -5:-2] = 1
    said = signals["closed_circle"]().explain(few, 0, 1.0)
    assert (said.sentence % said.values).endswith("in eight weeks: 3; answered within a day: 0.")
    few["new_speakers"][:, -5] = 0
    assert np.isnan(signals["closed_circle"]().measure(few)[0])
