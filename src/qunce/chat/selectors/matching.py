"""Bulk reads of who has spoken or fallen silent, for what runs by itself. No guard: not for pages.

All but the newest messages are looked at through the roll-ups, whose days are those of each group's zone.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from django.db import connection

from qunce.chat.models import Account, GroupHour
from qunce.members import selectors as members


def our_members() -> set[int]:
    """The members that our own accounts are."""
    found: set[int] = set()
    by_platform: dict[str, list[str]] = {}
    for platform, external_id in Account.objects.exclude(external_id="").values_list("platform", "external_id"):
        by_platform.setdefault(platform, []).append(external_id)
    for platform, ids in by_platform.items():
        found |= set(members.members_of_accounts(platform, ids).values())
    return found


def last_words(since: Mapping[int, date]) -> dict[tuple[int, int], date]:
    """On which day each (group, identity) last said something there, from a day of each group on."""
    if not since:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.group_id, d.identity_id, max(d.day) FROM chat_memberday d"
            " JOIN unnest(%s::bigint[], %s::date[]) AS g(id, since) ON d.group_id = g.id AND d.day >= g.since"
            " WHERE d.messages > 0 GROUP BY 1, 2",
            [list(since), list(since.values())],
        )
        return {(group_id, identity_id): day for group_id, identity_id, day in cursor.fetchall()}


def last_hours(group_ids: Collection[int], since: datetime) -> dict[int, datetime]:
    """The last hour (its beginning) from ``since`` on in which people said something in each group."""
    rows = GroupHour.objects.filter(group_id__among=list(group_ids), hour__gte=since, messages__gt=0)
    return dict(rows.order_by("hour").values_list("group_id", "hour"))


def crossed(group_ids: Collection[int], count: int, since: datetime, until: datetime) -> list[tuple[int, int]]:
    """Who spoke in that time and so came to their ``count``-th message in the group: (group, identity).

    Not who had as many the day before ``since`` already. Two statements, the second only where somebody spoke.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT group_id, identity_id FROM chat_message"
            " WHERE group_id = ANY(%s) AND sent_at > %s AND sent_at <= %s AND NOT from_us",
            [list(group_ids), since, until],
        )
        spoke = cursor.fetchall()
        if not spoke:
            return []
        cursor.execute(
            "SELECT d.group_id, d.identity_id FROM chat_memberday d"
            " JOIN unnest(%s::bigint[], %s::bigint[]) AS p(group_id, identity_id)"
            " ON d.group_id = p.group_id AND d.identity_id = p.identity_id GROUP BY 1, 2"
            " HAVING sum(d.messages) >= %s AND coalesce(sum(d.messages) FILTER (WHERE d.day < %s), 0) < %s",
            [*map(list, zip(*spoke, strict=True)), count, (since - timedelta(days=1)).date(), count],
        )
        return list(cursor.fetchall())


def enough_said(pairs: Collection[tuple[int, int]], count: int, since: Mapping[int, date]) -> set[tuple[int, int]]:
    """The (group, member) of which the member, by all accounts, said at least ``count`` things there.

    ``since``: from which day on, by group; a pair's member may be 0: everybody together.
    """
    identities = members.identities_of({member_id for _group, member_id in pairs if member_id})
    rows = [
        (group_id, member_id, identity_id, since[group_id])
        for group_id, member_id in pairs
        for identity_id in (identities.get(member_id, []) if member_id else [0])
    ]
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.group_id, p.member_id FROM"
            " unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::date[])"
            " AS p(group_id, member_id, identity_id, since)"
            " JOIN chat_memberday d ON d.group_id = p.group_id AND d.day >= p.since"
            " AND (p.identity_id = 0 OR d.identity_id = p.identity_id)"
            " GROUP BY 1, 2 HAVING sum(d.messages) >= %s",
            [*map(list, zip(*rows, strict=True)), count],
        )
        return set(cursor.fetchall())
