"""Benchmarks: what a stage costs of all the work, and the pages that are filled to be measured."""

import pytest

from qunce.chat.actions.ingest import stages as pipeline
from qunce.cli.bench import contents, ingest, load, pages, served, stages
from qunce.community import selectors as groups_of
from qunce.content.models import Item, Session, Suggestion
from qunce.insights.models import Digest
from qunce.kernel.actor import SYSTEM
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


def test_the_pages_of_content_and_playbooks_are_filled(monkeypatch):
    sizes = {"ITEMS": 30, "SUGGESTIONS": 20, "SESSIONS": 10, "DIGEST_DAYS": 3, "WALKING": 4, "NEWCOMERS": 6}
    for name, size in sizes.items():
        monkeypatch.setattr(contents, name, size)
    account_id, ids = pages._groups(25)
    home = groups_of.group(SYSTEM, ids[0]).community_id
    rooms, own = groups_of.external_ids(ids), groups_of.groups_of(SYSTEM, home)
    addresses = contents.put_there(account_id=account_id, community_id=home, groups=own, rooms=rooms)
    assert [kind.objects.count() for kind in (Item, Suggestion, Session, Digest)] == [30, 20, 10, 13]
    runs = list(Run.objects.order_by("pk"))
    assert [Track.objects.filter(run=run).count() for run in runs] == [4, 6]
    client = served.visitor()
    for address in addresses.values():
        assert client.get(address).status_code == 200, address
