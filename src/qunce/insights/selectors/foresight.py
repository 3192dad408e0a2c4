"""Cases for measuring the early warning: what was seen of groups at many moments of the past, and what came."""

from collections.abc import Iterator
from datetime import date, timedelta

from qunce.community import selectors as community
from qunce.insights.models import Filled
from qunce.insights.policies import warning
from qunce.insights.policies.evaluation import DAYS, EVERY, Cases, cases_of, joined
from qunce.insights.policies.windows import FORTNIGHT
from qunce.insights.selectors import series
from qunce.insights.selectors.diagnosis import with_plans
from qunce.kernel.actor import SYSTEM


def own_cases() -> Cases:
    """From the history of all groups in communities. No guard: not for pages."""
    homes = community.communities_of_groups(SYSTEM)
    marks = list(Filled.objects.filter(group_id__among=list(homes)).order_by("group_id"))
    if not marks:
        return joined([], {})
    first, last = min(mark.first for mark in marks), max(mark.through for mark in marks)
    parts = []
    for day in _moments(first, last):
        ids = [
            mark.group_id
            for mark in marks
            if mark.first < day and mark.through >= day + timedelta(days=warning.AHEAD)
        ]
        if ids:
            whole = series.panel(ids, warning.READS, day + timedelta(days=warning.AHEAD), DAYS + warning.AHEAD)
            parts.append(cases_of(with_plans(whole)))
    return joined(parts, homes)


def _moments(first: date, last: date) -> Iterator[date]:
    """Every 30 days, from when something can be foreseen to when the last 30 days begin."""
    day = last - timedelta(days=warning.AHEAD)
    while day > first + timedelta(days=FORTNIGHT):
        yield day
        day -= timedelta(days=EVERY)
