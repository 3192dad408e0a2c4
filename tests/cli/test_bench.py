"""What a stage costs is measured with it and without it in turns."""

import pytest
from click import BadParameter

from qunce.cli.bench import ingest, load, stages
from qunce.playbooks.models import Run, Track

pytestmark = pytest.mark.django_db


def test_every_batch_meets_the_stage_once_and_is_once_without_it(monkeypatch):
    account_id = ingest._world(groups=3, rules=2)
    stages.put_to_work()
    assert (Run.objects.count(), Track.objects.count()) == (1, 3)
    monkeypatch.setattr(load, "BATCH", 20)
    made = load.make(messages=80, groups=3, members=5, rules=2, seed=1)
    stage, seen, emptied = stages.named("playbooks"), [], []
    monkeypatch.setattr(type(stage), "run", lambda _stage, inflow: seen.append(len(inflow.messages)))
    factor = stages.cost(account_id, made.batches, stage, lambda: emptied.append(1))
    assert factor > 0
    assert len(emptied) == 2
    assert len(seen) == 2  # of the second time round nothing is new
    assert "run" not in vars(stage)


def test_a_stage_that_is_not_there_is_said():
    with pytest.raises(BadParameter, match="playbooks"):
        stages.named("nonsense")
