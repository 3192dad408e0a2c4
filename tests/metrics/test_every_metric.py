"""One suite over every metric: a small story whose numbers can be counted on one's fingers, and what all promise."""

import json
from pathlib import Path

import numpy as np
import pytest

from qunce.insights.metric import metrics
from qunce.insights.types import Unit
from tests.support.facts import made, story

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(params=sorted(metrics))
def key(request):
    return request.param


def told(key):
    return json.loads((FIXTURES / f"{key}.json").read_text())


def numbers(values):
    return [None if np.isnan(value) else pytest.approx(float(value), abs=1e-4) for value in values]


def test_says_what_it_is(key):
    kind = metrics[key]
    assert kind.title
    assert kind.definition.endswith(".")
    assert isinstance(kind.unit, Unit)


def test_the_story_has_the_numbers_of_its_fixture(key):
    metric, facts = metrics[key](), story()
    value = metric.over(facts)
    expected = told(key)
    assert value == (None if expected["over"] is None else pytest.approx(expected["over"], abs=1e-5))
    assert value is None or isinstance(value, float)
    if metric.daily:
        days = metric.days(facts)
        assert days.dtype == np.float32
        assert numbers(days) == expected["days"]


def test_nothing_said_is_no_error(key):
    metric, empty = metrics[key](), made([], days=4)
    assert metric.over(empty) in {None, 0}
    if metric.daily:
        assert metric.days(empty).shape == (4,)


def test_what_was_said_before_does_not_count_as_said(key):
    metric = metrics[key]()
    if metric.daily and key not in {"present", "returning"}:
        silent = made([(-3, 0, 0), (-2, 0, 1)], days=3)
        assert not np.nansum(metric.days(silent))


def test_shares_lie_between_nothing_and_all(key):
    metric = metrics[key]()
    if metric.unit is Unit.SHARE and (value := metric.over(story())) is not None:
        assert 0 <= value <= 1
