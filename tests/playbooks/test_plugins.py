"""A step from another package, found by its entry point: offered, carried out and described like our own."""

import sys
from importlib.metadata import EntryPoint
from textwrap import dedent

import pytest

from qunce.kernel import registry
from qunce.playbooks.step import Step, steps
from tests.steps.bench import Bench

pytestmark = pytest.mark.django_db

PLUGIN = dedent('''
    """Counts the members of a group, for later steps."""

    from pydantic import BaseModel, Field

    from qunce.playbooks.step import Step
    from qunce.playbooks.types import Branch


    class CountConfig(BaseModel):
        many: int = Field(default=100, title="Many are")


    class Count(Step):
        title, icon, Config, paths = "Count", "sum", CountConfig, ("many", "few")

        def run(self, steps):
            return [
                Branch("many" if (step.group.member_count or 0) >= step.config.many else "few") for step in steps
            ]

        def summary(self, config, language):
            return f"Counts to {config.many}"
''')


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
