"""Exactly once: two workers at the same time, and workers that are killed anywhere."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from threading import Thread

import pytest
from django.db import connection, connections

from qunce.chat.models import Delivery
from qunce.community.models import Group
from qunce.playbooks import actions
from qunce.playbooks.models import Execution, Run, Track
from qunce.playbooks.types import TrackState
from tests.chat import support as chat_support
from tests.playbooks.support import begun, groups, step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kinds")]
TARGETS = 150


def many(number):
    """More groups, put in by the bulk."""
    (first,) = groups(1)
    fields = {name: getattr(first, name) for name in ("platform", "community_id", "found_at", "adopted_at")}
    rows = Group.objects.bulk_create(
        Group(external_id=f"!bulk{n}", name=f"群{n}", **fields) for n in range(number - 1)
    )
    return [first, *rows]


def steps():
    paths = {"left": [step("c1", text="c1"), step("c2", text="c2")]}
    return (
        *(step("a", text="a"), step("w", "hold", seconds=1), step("b", text="b")),
        *(step("c", "fork", path="left", paths=paths), step("d", text="d")),
    )


def each_once(run, found):
    """Every target got every message once, and every step was carried out once."""
    got = Counter(Delivery.objects.values_list("group_id", "content__0__text"))
    assert got == Counter({(group.pk, text): 1 for group in found for text in ("a", "b", "c1", "c2", "d")})
    assert set(Track.objects.filter(run=run).values_list("state", flat=True)) == {TrackState.DONE}
    done = Execution.objects.filter(run_id=run.pk)
    assert done.count() == 7 * len(found)
    assert set(done.values_list("state", "occurrence")) == {("done", 0)}


def go_on_until_done(run, *, within):
    """What the workers' jobs do, until nothing is left; everything moves within so many seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        actions.look_for_starts()
        if not actions.advance(limit=50) and not Track.objects.filter(run=run, ended_at=None).exists():
            return


def test_workers_at_the_same_time_share_the_work_and_do_nothing_twice():
    chat_support.account()
    found = many(TARGETS)
    run = begun(found, *steps())
    took = Counter()

    def work(name):
        try:
            end = time.monotonic() + 60
            while time.monotonic() < end and Run.objects.filter(pk=run.pk, ended_at=None).exists():
                actions.look_for_starts()
                took[name] += actions.advance(limit=20)
        finally:
            connection.close()

    workers = [Thread(target=work, args=(n,)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    each_once(run, found)
    assert all(took[n] for n in range(3))
    assert sum(took.values()) == 8 * TARGETS  # a wait is looked at twice


NURSERY = """
import os, signal, sys
os.environ["DATABASE_URL"] = sys.argv[1]
import django
django.setup()
from tests.playbooks import support
from qunce.playbooks import actions
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with support.installed():
    print("ready", flush=True)
    for _line in sys.stdin:
        worker = os.fork()
        if not worker:
            while True:
                actions.look_for_starts()
                while actions.advance(limit=10):
                    pass
        print(worker, flush=True)
"""


@pytest.fixture
def nursery():
    """A process that makes a worker, which works for ever, for each line that it is told."""
    database = connections["default"].settings_dict
    url = "postgresql://{USER}:{PASSWORD}@/{NAME}?host={HOST}&port={PORT}".format(**database)
    made = subprocess.Popen(
        [sys.executable, "-c", NURSERY, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert made.stdout.readline() == b"ready\n"
    yield made
    made.stdin.close()
    made.stdout.close()
    made.wait(10)


def a_worker(nursery):
    nursery.stdin.write(b"\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline())


def test_workers_that_are_killed_anywhere_lose_nothing_and_do_nothing_twice(nursery):
    chat_support.account()
    found = many(TARGETS)
    run = begun(found, *steps())
    rng = random.Random(11)
    in_the_middle = 0
    for _ in range(12):
        worker = a_worker(nursery)
        time.sleep(rng.uniform(0.05, 0.4))  # whatever it does at that moment
        os.kill(worker, signal.SIGKILL)
        in_the_middle += Track.objects.filter(run=run, ended_at=None).exists()
    assert in_the_middle > 3
    go_on_until_done(run, within=60)
    each_once(run, found)
