"""Daily series: filled from the messages, portion by portion, and again where their days have changed.

Which days those are is known without looking at messages: the last days are always filled again (late edits,
deletions, merged people), and where the roll-ups hold more or less of the days before than they did (a history
came in, or went), everything is. A portion is a transaction that moves the group's mark along, so that filling may
be cut off anywhere and run anywhere at once.
"""

import time
from calendar import isleap
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from qunce.chat.selectors import activity
from qunce.chat.selectors import columns as said
from qunce.community import selectors as community
from qunce.insights.metric import metrics
from qunce.insights.models import Filled, Series, Understood
from qunce.insights.selectors.facts import facts, known_stretch, midnight, week_of, zone_of
from qunce.insights.selectors.understanding import Week
from qunce.insights.types import Facts, Stretch
from qunce.kernel import clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor
from qunce.kernel.errors import Busy

METHOD = 1
"""Raised when a daily metric is defined anew: everything is then filled again."""
AGAIN = 8
PORTION = 366
MESSAGES = 20_000
"""Of so many a portion consists at most, beyond a week: some seconds."""
FILL = "insights.fill_group"
"""The job, by name: jobs stand above what they run."""
YEAR = 366


def fill(*, group_ids: Collection[int] | None = None, seconds: float | None = None) -> int:
    """Fill the series of groups, or of all that need it, those that waited longest first; returns how many.

    ``seconds``: begin with no further group after that time; the next call goes on. Where somebody else is filling
    a group, it is left to them, or waited for where the group is named.
    """
    started = time.monotonic()
    done = 0
    for group_id in _waiting() if group_ids is None else sorted(group_ids):
        if seconds is not None and time.monotonic() - started > seconds:
            break
        with suppress(Busy):
            while fill_portion(group_id=group_id, patient=group_ids is not None):
                pass
            done += 1
    return done


def fill_portion(*, group_id: int, patient: bool = False) -> bool:
    """Fill at most PORTION days of a group, the oldest that need it; returns whether there is more to do.

    A portion ends with a week: texts are understood week by week. Raises Busy where somebody else is filling the
    group, unless one is ``patient``.
    """
    zone = zone_of(group_id)
    with transaction.atomic():
        (locks.patiently if patient else locks.name)(f"series:{group_id}")
        mark = Filled.objects.filter(group_id=group_id).first()
        counted = said.counted([group_id]).get(group_id)
        if counted is None:
            Series.objects.filter(group_id=group_id).delete()
            Understood.objects.filter(group_id=group_id).delete()
            Filled.objects.filter(group_id=group_id).delete()
            return False
        observation = said.observation(group_id)
        whole = known_stretch(counted, observation, zone)
        settled = whole.last - timedelta(days=AGAIN - 1)
        moments = [midnight(mark.settled if mark else settled, zone), midnight(settled, zone)]
        before, past = said.counted_before(group_id, moments)  # one statement: both are of one moment
        begin = _begin(mark, before, whole, str(zone), still=observation.until is not None)
        until = _end_of_portion(group_id, begin, whole, zone)
        if begin <= until:
            over = Stretch(begin, (until - begin).days + 1)
            _write(facts(group_id, over, keep=partial(_keep, group_id)), whole)
        done = until == whole.last
        now = clock.now()
        Filled.objects.update_or_create(
            group_id=group_id,
            defaults={
                "first": whole.first,
                "through": until,
                "stale_from": None if done else until,
                "zone": str(zone),
                "method": METHOD,
                "due_at": midnight(now.astimezone(zone).date() + timedelta(days=1), zone),
                "at": now,
                "settled": settled,
                "counted": past,
            },
        )
        live.touch(f"group:{group_id}")
    return not done


def _end_of_portion(group_id: int, begin: date, whole: Stretch, zone: ZoneInfo) -> date:
    """The end of a week: PORTION days on, or where much is said so far that MESSAGES are in it.

    It always lies beyond the days that the next portion fills again, so that every portion gets on.
    """
    last = min(whole.last, week_of(begin + timedelta(days=PORTION)) - timedelta(days=1))
    ends = [week_of(begin) + timedelta(days=7 * week - 1) for week in range(1, (last - begin).days // 7 + 2)]
    ends = [day for day in ends if begin + timedelta(days=AGAIN) < day < last]
    if not ends:
        return last
    moments = [midnight(day, zone) for day in (begin, *(day + timedelta(days=1) for day in ends))]
    before, *counted = said.counted_before(group_id, moments)
    over = next((place for place, count in enumerate(counted) if count - before > MESSAGES), None)
    return last if over is None else ends[max(0, over - 1)]


def ask_to_fill(*, actor: Actor, group_id: int) -> None:
    """Have the series of a group that the actor may see filled in the background, once however often it is asked."""
    community.group(actor, group_id)
    name = f"{FILL}:{group_id}"
    with suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(FILL, queueing_lock=name, lock=name).defer(group_id=group_id)


def refill(*, group_id: int) -> None:
    """Have a group's series filled from the first day, by whoever fills next."""
    days_changed(group_id=group_id, since=date.min)


def days_changed(*, group_id: int, since: date) -> None:
    """Have a group's series filled again from a day on; an earlier day that was asked for stays."""
    with transaction.atomic():
        locks.name(f"series:{group_id}")
        mark = Filled.objects.filter(group_id=group_id).first()
        if mark and (mark.stale_from is None or since < mark.stale_from):
            mark.stale_from = since
            mark.save(update_fields=["stale_from"])


# ------------------------------------------------------------------ what is to be filled
def _waiting() -> list[int]:
    """Groups with a history and no series, with days that have changed or begun, and with new messages."""
    now = clock.now()
    marks = {mark.group_id: mark for mark in Filled.objects.order_by("at")}
    every = community.visible_groups(SYSTEM).order_by("pk").values_list("pk", flat=True)
    fresh = activity.with_history([key for key in every if key not in marks])
    due = [key for key, mark in marks.items() if mark.stale_from or mark.due_at <= now]
    heard = set(said.active_since(min((mark.at for mark in marks.values()), default=now)))
    active = [key for key, mark in marks.items() if key in heard and mark.at < now]
    return list(dict.fromkeys([*fresh, *due, *active]))


def _begin(mark: Filled | None, before: int, whole: Stretch, zone: str, *, still: bool) -> date:
    """From which day on a group is to be filled; after its last day where there is nothing to do.

    ``before``: what the roll-ups now hold of the days that count as settled.
    """
    if mark is None or (mark.zone, mark.method, mark.first) != (zone, METHOD, whole.first) or mark.counted != before:
        return whole.first
    if not (still or mark.stale_from or mark.through != whole.last or mark.due_at > clock.now()):
        return whole.last + timedelta(days=1)
    begin = min(mark.stale_from or mark.through, mark.through - timedelta(days=AGAIN - 1))
    return min(max(begin, whole.first), whole.last)


def _write(found: Facts, whole: Stretch) -> None:
    """Store the numbers of the days of some facts; days outside the whole are not observed."""
    years = range(found.stretch.first.year, found.stretch.last.year + 1)
    stored = {
        (metric, year): np.frombuffer(days, "<f4")
        for metric, year, days in Series.objects.filter(group_id=found.group_id, year__in=years).values_list(
            "metric", "year", "days"
        )
    }
    rows: dict[tuple[str, int], NDArray[np.float32]] = {}
    for key, kind in metrics.items():
        if not kind.daily:
            continue
        values = kind().days(found).astype("<f4")
        values[~found.observed] = np.nan
        for year in years:
            before = stored.get((key, year))
            rows[key, year] = _overlaid(before, year, found.stretch, values, whole)
    changed = {
        key: values.tobytes()
        for key, values in rows.items()
        if key not in stored or values.tobytes() != stored[key].tobytes()
    }
    _store(found.group_id, changed)
    outside = Series.objects.filter(group_id=found.group_id)
    outside.exclude(year__gte=whole.first.year, year__lte=whole.last.year).delete()


def _keep(group_id: int, weeks: Sequence[Week]) -> None:
    """Keep what was understood of some weeks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO insights_understood (group_id, week, fingerprint, back, marks)"
            " SELECT %s, * FROM unnest(%s::int2[], %s::int8[], %s::bytea[], %s::bytea[])"
            " ON CONFLICT (group_id, week) DO UPDATE SET"
            " fingerprint = excluded.fingerprint, back = excluded.back, marks = excluded.marks",
            [
                group_id,
                [week.number for week in weeks],
                [week.fingerprint for week in weeks],
                [week.back.tobytes() for week in weeks],
                [week.marks.tobytes() for week in weeks],
            ],
        )


def _overlaid(
    before: NDArray[np.float32] | None, year: int, stretch: Stretch, values: NDArray[np.float32], whole: Stretch
) -> NDArray[np.float32]:
    """A year's numbers with those of a stretch put in their places."""
    days = np.full(YEAR, np.nan, "<f4") if before is None else before.copy()
    begin = (stretch.first - date(year, 1, 1)).days
    first, last = max(begin, 0), min(begin + stretch.count, YEAR if isleap(year) else YEAR - 1)
    days[first:last] = values[first - begin : last - begin]
    known = (whole.first - date(year, 1, 1)).days
    days[: max(known, 0)] = np.nan
    days[max(known + whole.count, 0) :] = np.nan
    return days


def _store(group_id: int, rows: Mapping[tuple[str, int], bytes]) -> None:
    keys = sorted(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO insights_series (group_id, metric, year, days)"
            " SELECT %s, * FROM unnest(%s::text[], %s::int2[], %s::bytea[])"
            " ON CONFLICT (group_id, metric, year) DO UPDATE SET days = excluded.days",
            [group_id, [metric for metric, _ in keys], [year for _, year in keys], [rows[key] for key in keys]],
        )
