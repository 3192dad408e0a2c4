"""Bulk reads of what turned with a group's latest assessment, for what runs by itself. No guard: not for pages."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from qunce.insights.models import Condition, Health
from qunce.insights.selectors.health import silences


@dataclass(frozen=True, slots=True)
class Turn:
    """A group and when its assessment found it so; ``occurrence``: the day that was assessed, as 20261224."""

    group_id: int
    at: datetime
    occurrence: int
    value: float


def fell_below(group_ids: Collection[int], score: float, since: datetime, until: datetime) -> list[Turn]:
    """The groups whose score, assessed in that time, is below, and was not on the day assessed before."""
    return _turned(group_ids, since, until, lambda row: row.score, lambda value: value < score)


def began_to_show(
    group_ids: Collection[int], signal: str, severity: float, since: datetime, until: datetime
) -> list[Turn]:
    """The groups that, assessed in that time, show a signal as strongly, and did not on the day assessed before."""
    return _turned(
        group_ids, since, until, lambda row: (row.severities or {}).get(signal), lambda value: value >= severity
    )


def _turned(
    group_ids: Collection[int],
    since: datetime,
    until: datetime,
    read: Callable[[Condition | Health], float | None],
    holds: Callable[[float], bool],
) -> list[Turn]:
    rows = Condition.objects.filter(group_id__among=list(group_ids), at__gt=since, at__lte=until)
    found = {row.group_id: row for row in rows if (value := read(row)) is not None and holds(value)}
    if not found:
        return []
    latest = max(row.day for row in found.values())
    kept = Health.objects.filter(group_id__among=list(found), day__gte=latest - timedelta(days=14)).order_by("day")
    before: dict[int, Health] = {}
    for row in kept:
        if row.day < found[row.group_id].day:
            before[row.group_id] = row
    planned = silences(found, latest)
    return [
        Turn(row.group_id, row.at, row.day.year * 10_000 + row.day.month * 100 + row.day.day, read(row) or 0.0)
        for row in found.values()
        if row.group_id not in planned
        and ((earlier := before.get(row.group_id)) is None or (was := read(earlier)) is None or not holds(was))
    ]
