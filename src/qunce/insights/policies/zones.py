"""Seconds since 1970 as the clock on the wall shows them, for many moments at once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
_QUARTER = 900


def local_seconds(at: NDArray[np.float64], zone: ZoneInfo) -> NDArray[np.float64]:
    """Moments (UTC) moved by the zone's offset: their days, hours and weekdays are then those of the zone."""
    if not at.size:
        return at.copy()
    days, where = np.unique(np.floor_divide(at, DAY).astype(np.int64), return_inverse=True)
    begin = np.array([_offset(day * DAY, zone) for day in days.tolist()])
    end = np.array([_offset((day + 1) * DAY, zone) for day in days.tolist()])
    offset = begin[where]
    for moved in np.flatnonzero(begin != end):  # a day on which the clock is changed: by the quarter of an hour
        inside = np.flatnonzero(where == moved)
        quarters, which = np.unique(np.floor_divide(at[inside], _QUARTER).astype(np.int64), return_inverse=True)
        offset[inside] = np.array([_offset(quarter * _QUARTER, zone) for quarter in quarters.tolist()])[which]
    local: NDArray[np.float64] = at + offset
    return local


def _offset(moment: int, zone: ZoneInfo) -> float:
    moved = datetime.fromtimestamp(moment, UTC).astimezone(zone).utcoffset()
    return moved.total_seconds() if moved else 0.0


def day_numbers(at: NDArray[np.float64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Days since 1970-01-01 in the zone."""
    return np.floor_divide(local_seconds(at, zone), DAY).astype(np.int64)


def months(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Months since January 1970 of days since 1970-01-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_name(month: int) -> str:
    """``2016-01``."""
    return str(np.datetime64(month, "M"))
