"""A step from another package, found by its entry point: offered, carried out and described like our own."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from qunce.kernel import registry
from qunce.playbooks.step import Step, steps
from tests.steps.bench import Bench

pytestmark = pytest.mark.django_db

PAGE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
PLUGIN = PAGE.partition("## Add a step")[2].partition("```python\n")[2].partition("```")[0]


@pytest.fixture
def plugged_in(tmp_path, monkeypatch):
    (tmp_path / "counting_people.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("count_people", "counting_people", "qunce.steps")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == point.group else [])
    anew = registry.Registry(Step, "steps")
    len(anew)
    monkeypatch.setattr(steps, "_kinds", anew._kinds)
    monkeypatch.setattr(steps, "_loaded", True)
    yield
    sys.modules.pop("counting_people", None)


@pytest.mark.usefixtures("plugged_in")
def test_a_step_of_another_package_walks_with_ours():
    assert "send" in steps
    assert steps["count_people"].key == "count_people"
    bench = Bench()
    bench.begin(
        [
            {
                "id": "count",
                "do": "count_people",
                "with_": {"many": 3},
                "paths": {
                    "many": [{"id": "big", "do": "send", "with_": {"text": "人多"}}],
                    "few": [{"id": "small", "do": "send", "with_": {"text": "人少"}}],
                },
            }
        ]
    )
    bench.go()
    assert bench.said() == ["人多"]
