"""Bulk reads of who spoke when, over several groups. Bots and ourselves are not in them. No guard: not for pages."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db.models.functions import TruncMonth

from qunce.chat.models import MemberDay


def days_of(identity_ids: Collection[int], group_ids: Collection[int], since: date) -> dict[int, set[date]]:
    """On which days from ``since`` on each identity said anything in one of the groups."""
    found: dict[int, set[date]] = defaultdict(set)
    rows = MemberDay.objects.filter(
        group_id__among=group_ids, day__gte=since, identity_id__among=identity_ids, messages__gt=0
    )
    for identity_id, day in rows.order_by().values_list("identity_id", "day"):
        found[identity_id].add(day)
    return found


def months_of(group_ids: Collection[int]) -> dict[int, set[date]]:
    """In which months (their first days) each identity ever said anything in one of the groups."""
    found: dict[int, set[date]] = defaultdict(set)
    rows = MemberDay.objects.filter(group_id__among=group_ids, messages__gt=0).order_by()
    for identity_id, month in rows.values_list("identity_id", TruncMonth("day")).distinct():
        found[identity_id].add(month)
    return found
