"""Daily series of many groups at once, and of one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

from qunce.chat.selectors import columns as said
from qunce.community import selectors as community
from qunce.insights.metric import metrics
from qunce.insights.models import Filled
from qunce.insights.selectors.facts import midnight, zone_of
from qunce.insights.types import Panel, Stretch
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor

_PRESENT = "present"
AT_ONCE = 5000
"""Messages that a page may count itself: half a second."""
# All groups of one metric and year in one row: rows are what costs, not numbers.
_DAYS = """
SELECT metric, year, string_agg(int8send(group_id), ''), string_agg(part, '') FROM (
    SELECT s.group_id, s.metric, s.year, substring(s.days FROM y.begin FOR y.bytes) AS part
    FROM insights_series s
    JOIN unnest(%s::int2[], %s::int4[], %s::int4[]) AS y(year, begin, bytes) ON y.year = s.year
    WHERE s.group_id = ANY(%s) AND s.metric = ANY(%s) OFFSET 0
) AS parts GROUP BY metric, year
"""


def daily_keys() -> list[str]:
    """The keys of all metrics that are kept by day."""
    return [key for key, kind in metrics.items() if kind.daily]


def panel(
    group_ids: Collection[int], keys: Sequence[str], until: date, days: int, *, like: Panel | None = None
) -> Panel:
    """Series of groups, in the order of their ids, over the ``days`` days up to ``until``.

    ``like``: a panel of the same groups up to the same day, which knows how old and how large they are. No guard: not
    for pages.
    """
    stretch = Stretch(until - timedelta(days=days - 1), days)
    rows = np.array(sorted(set(group_ids)), np.int64)
    if like is not None:
        return replace(like, stretch=stretch, series=_read(rows, keys, stretch))
    found = _read(rows, [*keys, _PRESENT], stretch)
    first = dict(Filled.objects.filter(group_id__among=rows.tolist()).values_list("group_id", "first"))
    groups = community.visible_groups(SYSTEM).order_by().filter(pk__among=rows.tolist())
    age, size = np.full(rows.size, np.nan, np.float32), last_known(found[_PRESENT])
    for group_id, adopted_at, members in groups.values_list("pk", "adopted_at", "member_count"):
        row = int(np.searchsorted(rows, group_id))
        begun = [day for day in (first.get(group_id), adopted_at and adopted_at.date()) if day]
        if begun:
            age[row] = (until - min(begun)).days + 1
        if members is not None:
            size[row] = members
    return Panel(rows.tolist(), stretch, {key: found[key] for key in keys}, age, size, np.zeros(rows.size, np.bool_))


def one(actor: Actor, group_id: int, keys: Sequence[str], stretch: Stretch) -> dict[str, NDArray[np.float32]]:
    """The series of one group that the actor may see, by key, [stretch.count]."""
    community.group(actor, group_id)
    found = _read(np.array([group_id], np.int64), keys, stretch)
    return {key: values[0] for key, values in found.items()}


def of_groups(
    actor: Actor, group_ids: Collection[int], keys: Sequence[str], stretch: Stretch
) -> dict[int, dict[str, NDArray[np.float32]]]:
    """The same of those of the groups that the actor may see, by the group's id."""
    visible = sorted(community.zones(actor, group_ids))
    found = _read(np.array(visible, np.int64), keys, stretch)
    return {group_id: {key: found[key][row] for key in keys} for row, group_id in enumerate(visible)}


def filled_through(actor: Actor, group_id: int) -> date | None:
    """Up to which day a group's series are filled; None: not yet."""
    community.group(actor, group_id)
    return Filled.objects.filter(group_id=group_id).values_list("through", flat=True).first()


def counted_so_far(actor: Actor, group_id: int) -> int | None:
    """How much of a group's history has been counted, in per cent, while so much waits that a page cannot count it.

    None: it is counted, or little enough to be counted when it is looked at. Five statements.
    """
    community.group(actor, group_id)
    mark = Filled.objects.filter(group_id=group_id).values_list("first", "stale_from").first()
    if mark and mark[1] is None:
        return None
    known = said.counted([group_id]).get(group_id)
    if known is None:
        return None
    zone = zone_of(group_id)
    until = midnight(max(mark[1], mark[0]), zone) if mark and mark[1] else known.first
    done, whole = said.counted_before(group_id, [until, clock.now()])
    return None if whole - done <= AT_ONCE else done * 100 // whole


def last_known(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The last number of each row that has one."""
    some = ~np.isnan(values)
    last = values.shape[1] - 1 - np.argmax(some[:, ::-1], axis=1)
    return np.where(some.any(axis=1), values[np.arange(values.shape[0]), last], np.nan).astype(np.float32)


def _read(rows: NDArray[np.int64], keys: Sequence[str], stretch: Stretch) -> Mapping[str, NDArray[np.float32]]:
    """[groups, days] by key; ``rows``: the groups' ids in ascending order."""
    found = {key: np.full((rows.size, stretch.count), np.nan, np.float32) for key in keys}
    parts = {year: (begin, at, count) for year, begin, at, count in _years(stretch)}
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        begins = [begin * 4 + 1 for begin, _, _ in parts.values()]
        sizes = [count * 4 for _, _, count in parts.values()]
        cursor.execute(_DAYS, [list(parts), begins, sizes, rows.tolist(), list(set(keys))], binary=True)
        for metric, year, groups, days in cursor.fetchall():
            _, at, count = parts[year]
            place = np.searchsorted(rows, np.frombuffer(groups, ">i8"))
            found[metric][place, at : at + count] = np.frombuffer(days, "<f4").reshape(-1, count)
    return found


def _years(stretch: Stretch) -> list[tuple[int, int, int, int]]:
    """(year, first day in it, first day in the stretch, how many days) of each year that a stretch touches."""
    made = []
    for year in range(stretch.first.year, stretch.last.year + 1):
        begin = max(stretch.first, date(year, 1, 1))
        end = min(stretch.last, date(year, 12, 31))
        made.append((year, (begin - date(year, 1, 1)).days, (begin - stretch.first).days, (end - begin).days + 1))
    return made
