"""What a stage costs: the work that is done in it, of all the work."""

import pytest

from qunce.chat.actions.ingest import stages as pipeline
from qunce.cli.bench import ingest, load, stages
from qunce.playbooks.models import Run, Track

pytestmark = pytest.mark.django_db


def test_a_stage_that_works_longer_costs_more_and_afterwards_all_is_as_before(monkeypatch):
    account_id = ingest._world(groups=3, rules=2)
    stages.put_to_work()
    assert (Run.objects.count(), Track.objects.count()) == (1, 3)
    made = load.make(messages=80, groups=3, members=5, rules=2, seed=1)
    monkeypatch.setattr(type(pipeline()[0]), "run", lambda _stage, _inflow: sum(range(20_000_000)))
    found = stages.costs(lambda: ingest._product(account_id, made))
    assert list(found) == [each.name for each in pipeline()]
    assert all(factor >= 1 for factor in found.values())
    assert max(found, key=found.__getitem__) == pipeline()[0].name
    assert not any({"run", "foresee"} & set(vars(each)) for each in pipeline())
