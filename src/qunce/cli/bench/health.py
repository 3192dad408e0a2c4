"""What it costs to look after all groups: signals, scores, the early warning, stages, over simulated series.

And what it costs with the database: assessing all groups from their series, and showing the page of all of them.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
from django.db import connection

from qunce.chat import actions as chat
from qunce.chat.types import Batch, Checked, GroupSeen, Origin
from qunce.cli.bench import served, stories
from qunce.community import actions as community
from qunce.community import selectors as groups_of
from qunce.community.types import CommunityProfile, GroupFilter, GroupState
from qunce.insights.actions.health import assess
from qunce.insights.policies import health, stages, warning
from qunce.insights.selectors.diagnosis import life_of
from qunce.insights.selectors.health import signals_in_use, yesterday
from qunce.insights.types import Panel
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM

YEAR = 364
PAGES = 20


def measure(*, groups: int, days: int, rounds: int) -> dict[str, Any]:
    """Seconds for all groups, medians of alternating rounds; asserts that the stories are told apart.

    ``ratio``: signals and scores beside adding up every series once, which is the least that looking at them costs.
    ``assess``: from the stored series to the stored conditions; ``cpu``: of this process and of the database's.
    """
    panel = stories.many(groups, days=days)
    year = stories.many(min(groups, 1000), days=YEAR)
    kinds = signals_in_use()
    weights = {key: kind.weight for key, kind in kinds.items()}

    def score() -> object:
        found = {key: kind.measure(panel) for key, kind in kinds.items()}
        return health.weigh(found, weights, panel)

    works: dict[str, Callable[[], object]] = {
        "signals": score,
        "warning": lambda: warning.probabilities(panel, warning.BUILT_IN),
        "stages_1000": lambda: stages.by_week(*life_of(year), year.stretch.first),
        "sums": lambda: [np.nansum(series, axis=1) for series in panel.series.values()],
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _round in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - start)
    _check(weights)
    medians = {name: statistics.median(each) for name, each in taken.items()}
    return {
        "data": "simulated",
        "groups": groups,
        "days": days,
        "kinds": len(kinds),
        **{f"{name}_s": round(each, 3) for name, each in medians.items()},
        "ratio": round(medians["signals"] / medians["sums"], 1),
        **_stored(stories.many(groups, days=days, until=yesterday()), rounds),
    }


def _check(weights: dict[str, float]) -> None:
    panel = stories.simulated([stories.story("healthy"), stories.story("dying")])
    found = {key: kind.measure(panel) for key, kind in signals_in_use().items()}
    healthy, dying = health.weigh(found, weights, panel).scores
    if not healthy > dying + 20:
        raise AssertionError("a dying group scores like a healthy one")


# ------------------------------------------------------------------ with the database
def _stored(panel: Panel, rounds: int) -> dict[str, Any]:
    """What assessing and looking take where the series are in the database; the first round warms up."""
    ids = _world(panel)
    walls, cpus = [], []
    for _round in range(rounds + 1):
        wall, cpu = time.perf_counter(), served.cpu()
        if assess(group_ids=ids) != len(ids):
            raise AssertionError("not every group was assessed")
        walls.append(time.perf_counter() - wall)
        cpus.append(served.cpu() - cpu)
    return {
        "assess_s": round(statistics.median(walls[1:]), 2),
        "assess_cpu_s": round(statistics.median(cpus[1:]), 2),
        **{f"page_{name}": each for name, each in served.asked(served.visitor(), "/insights/", PAGES).items()},
    }


def _world(panel: Panel) -> list[int]:
    """Groups of a community with the panel's series."""
    account = chat.connect_account(actor=SYSTEM, platform="sandbox", name="bench", config={})
    chat.record_checked(account_id=account.pk, checked=Checked("@qunce", "bench"))
    rooms = [GroupSeen(f"!room{number}", f"群 {number}") for number in panel.group_ids]
    for first in range(0, len(rooms), 500):
        chat.ingest(Batch(account.pk, Origin.LIVE, rooms[first : first + 500]))
    home = community.create_community(actor=SYSTEM, profile=CommunityProfile(name="bench"))
    found = groups_of.find_groups(SYSTEM, GroupFilter(state=GroupState.FOUND)).values_list("pk", flat=True)
    ids = sorted(found)
    chat.adopt(actor=SYSTEM, community_id=home.pk, group_ids=ids, read_back=False)
    begin, end = panel.stretch.first, panel.stretch.last
    with connection.cursor() as cursor:
        for key, values in panel.series.items():
            for year in range(begin.year, end.year + 1):
                days = np.full((len(ids), 366), np.nan, "<f4")
                for at, day in enumerate(panel.stretch.days()):
                    if day.year == year:
                        days[:, (day - date(year, 1, 1)).days] = values[:, at]
                cursor.execute(
                    "INSERT INTO insights_series (group_id, metric, year, days)"
                    " SELECT unnest(%s::int8[]), %s, %s, unnest(%s::bytea[])",
                    [ids, key, year, [row.tobytes() for row in days]],
                )
        cursor.execute(
            "INSERT INTO insights_filled (group_id, first, through, settled, counted, zone, method, due_at, at)"
            " SELECT unnest(%s::int8[]), %s, %s, %s, 0, 'Asia/Shanghai', 1, %s, %s",
            [ids, begin, end, end, clock.now(), clock.now()],
        )
        cursor.execute("ANALYZE")
    return ids
