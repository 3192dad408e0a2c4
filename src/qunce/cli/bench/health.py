"""What it costs to look after all groups: signals, scores, the early warning, stages, over simulated series."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from qunce.cli.bench import stories
from qunce.insights.policies import health, stages, warning
from qunce.insights.selectors.diagnosis import life_of
from qunce.insights.selectors.health import signals_in_use

YEAR = 364


def measure(*, groups: int, days: int, rounds: int) -> dict[str, Any]:
    """Seconds for all groups, medians of alternating rounds; asserts that the stories are told apart.

    ``ratio``: signals and scores beside adding up every series once, which is the least that looking at them costs.
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
        "warning": lambda: warning.probabilities(panel),
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
    }


def _check(weights: dict[str, float]) -> None:
    panel = stories.simulated([stories.story("healthy"), stories.story("dying")])
    found = {key: kind.measure(panel) for key, kind in signals_in_use().items()}
    healthy, dying = health.weigh(found, weights, panel).scores
    if not healthy > dying + 20:
        raise AssertionError("a dying group scores like a healthy one")
