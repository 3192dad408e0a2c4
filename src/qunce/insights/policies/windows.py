"""Stretches of days in panels, and what is counted in them: NaN is never taken for nothing.

Small numbers are met with caution: shares begin at what is usual (`share`) and quotients at 1 (`ratio`), and move
away from it as more is seen. So a group of ten and a group of ten thousand are held against the same bounds.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qunce.insights.types import Panel

Column = NDArray[np.float32]
"""[g]"""
Numbers = NDArray[Any]
"""The same, of any precision."""
Days = NDArray[np.float32]
"""[g, days]"""

FORTNIGHT, MONTH, USUAL = 14, 28, 56
LEAST = 0.5
"""Of the days of a stretch must be observed, else nothing is said of it."""


def lived(panel: Panel, key: str) -> Days:
    """A series without the days before the group began; NaN throughout where there is no such series."""
    series = panel.series.get(key)
    shape = (len(panel.group_ids), panel.stretch.count)
    if series is None:
        return np.full(shape, np.nan, np.float32)
    born = np.arange(shape[1]) >= shape[1] - panel.age[:, None]
    return np.where(born, series, np.float32(np.nan))


def recent(series: Numbers, days: int) -> Numbers:
    """The last ``days`` days."""
    return series[:, -days:]


def earlier(series: Numbers, skip: int, days: int = USUAL) -> Numbers:
    """The ``days`` days before the last ``skip``."""
    return series[:, :-skip][:, -days:]


def mean(series: Numbers, least: float = LEAST) -> Column:
    """Per observed day; NaN where fewer than ``least`` of the days are observed."""
    seen = np.isfinite(series)
    count = seen.sum(axis=1)
    enough = (count > 0) & (count >= least * series.shape[1])
    added = np.where(seen, series, 0).sum(axis=1, dtype=np.float64)
    return _quotient(added, count, enough)


def total(series: Numbers, least: float = LEAST) -> Column:
    """In all days; those that are not observed count as the mean of the others."""
    return mean(series, least) * np.float32(series.shape[1])


def share(part: Numbers, whole: Numbers, usual: float, weight: float) -> Column:
    """``part`` of ``whole``, as if ``weight`` more had been seen of which ``usual`` are the part; NaN of nothing."""
    seen = np.minimum(part, whole) + usual * weight
    return _quotient(seen, whole + weight, whole > 0)


def of(part: Numbers, whole: Numbers) -> Column:
    """How much of the whole, as it was seen; NaN of nothing."""
    return _quotient(part, whole, whole > 0)


def ratio(now: Numbers, before: Numbers, weight: float) -> Column:
    """How many times as much as before, as if ``weight`` more had been seen in both; NaN after nothing."""
    return _quotient(now + weight, before + weight, before > 0)


def ramp(value: Numbers, none: float, full: float) -> Column:
    """0 up to ``none``, 1 from ``full`` on, straight between them; ``full`` may be the smaller one."""
    found: Column = np.clip((value - none) / (full - none), 0, 1).astype(np.float32)
    return found


def either(condition: Numbers, yes: Numbers | float, no: Numbers | float) -> Column:
    """`numpy.where`, in the columns' own type."""
    return np.where(condition, yes, no).astype(np.float32)


def row_of(panel: Panel, row: int) -> Panel:
    """One group's panel."""
    one = slice(row, row + 1)
    return Panel(
        panel.group_ids[row : row + 1],
        panel.stretch,
        {key: series[one] for key, series in panel.series.items()},
        panel.age[one],
        panel.size[one],
        panel.planned_silence[one],
    )


def _quotient(part: Numbers, whole: Numbers, where: Numbers) -> Column:
    found: Column = np.full(whole.shape, np.nan, np.float32)
    np.divide(part, whole, out=found, where=where, casting="unsafe")
    return found
