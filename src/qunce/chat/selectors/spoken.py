"""Bulk reads of who spoke when, over several groups. Bots and ourselves are not in them. No guard: not for pages."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db import connection

from qunce.chat.models import MemberDay
from qunce.kernel.lookups import numbers

# Months are numbers: a hundred thousand of them are read and told apart in less time than dates.
_MONTHS = """
SELECT DISTINCT identity_id, (date_part('year', day) * 12 + date_part('month', day) - 1)::int
FROM chat_memberday WHERE group_id = ANY(%s::bigint[]) AND messages > 0
"""


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
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, [numbers(group_ids)])
        rows = cursor.fetchall()
    firsts = {month: date(month // 12, month % 12 + 1, 1) for month in {month for _identity, month in rows}}
    for identity_id, month in rows:
        found[identity_id].add(firsts[month])
    return found
