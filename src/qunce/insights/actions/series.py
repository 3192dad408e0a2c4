"""Daily series: filled from the messages, portion by portion, and again where their days have changed.

Which days those are is known without looking at messages: the last days are always filled again (late edits,
deletions, merged people), and where the roll-ups hold more or less of the days before than they did (a history
came in, or went), everything is. A portion is a transaction that moves the group's mark along, so that filling may
be cut off anywhere and run anywhere at once.
"""

import time
from collections.abc import Collection
from datetime import date, timedelta

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from qunce.chat.selectors import activity
from qunce.chat.selectors import columns as said
from qunce.chat.selectors.columns import Counted
from qunce.community import selectors as community
from qunce.insights.metric import metrics
from qunce.insights.models import Filled, Series
from qunce.insights.selectors.facts import facts, known_stretch, midnight, zone_of
from qunce.insights.types import Facts, Stretch
from qunce.kernel import clock, live
from qunce.kernel.actor import SYSTEM

METHOD = 1
"""Raised when a daily metric is defined anew: everything is then filled again."""
AGAIN = 8
PORTION = 366
YEAR = 366


def fill(*, group_ids: Collection[int] | None = None, seconds: float | None = None) -> int:
    """Fill the series of groups, or of all that need it, those that waited longest first; returns how many.

    ``seconds``: begin with no further group after that time; the next call goes on.
    """
    started = time.monotonic()
    done = 0
    for group_id in _waiting() if group_ids is None else sorted(group_ids):
        if seconds is not None and time.monotonic() - started > seconds:
            break
        while fill_portion(group_id=group_id):
            pass
        done += 1
    return done


def fill_portion(*, group_id: int) -> bool:
    """Fill at most PORTION days of a group, the oldest that need it; returns whether there is more to do."""
    zone = zone_of(group_id)
    with transaction.atomic():
        mark = Filled.objects.select_for_update().filter(group_id=group_id).first()
        counted = said.counted([group_id], midnight(mark.settled, zone) if mark else None).get(group_id)
        if counted is None:
            Series.objects.filter(group_id=group_id).delete()
            Filled.objects.filter(group_id=group_id).delete()
            return False
        observation = said.observation(group_id)
        whole = known_stretch(counted, observation, zone)
        begin = _begin(mark, counted, whole, str(zone))
        if begin is None:
            begin = whole.last
        until = min(whole.last, begin + timedelta(days=PORTION - 1))
        over = Stretch(begin, (until - begin).days + 1)
        _write(group_id, whole, facts(group_id, over))
        _move(group_id, whole, until, zone_name=str(zone))
        live.touch(f"group:{group_id}")
    return until < whole.last


def refill(*, group_id: int) -> None:
    """Have a group's series filled from the first day, by whoever fills next."""
    Filled.objects.filter(group_id=group_id).update(stale_from=date.min)


def days_changed(*, group_id: int, since: date) -> None:
    """Have a group's series filled again from a day on; an earlier day that was asked for stays."""
    with transaction.atomic():
        mark = Filled.objects.select_for_update().filter(group_id=group_id).first()
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


def _begin(mark: Filled | None, counted: Counted, whole: Stretch, zone: str) -> date:
    """From which day on a group is to be filled."""
    if mark is None or mark.zone != zone or mark.method != METHOD or mark.first != whole.first:
        return whole.first
    if mark.counted != counted.before and not mark.stale_from:
        return whole.first
    begin = min(mark.stale_from or mark.through, mark.through - timedelta(days=AGAIN - 1))
    return min(max(begin, whole.first), whole.last)
