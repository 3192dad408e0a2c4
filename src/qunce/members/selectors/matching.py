"""Bulk reads of whom something holds for, over many groups at once. No guard: not for pages."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from qunce.members.models import Identity, Member


@dataclass(frozen=True, slots=True)
class Present:
    """A person in a group now; ``at``: when they came, None where they were there before we looked."""

    group_id: int
    member_id: int
    identity_id: int
    at: datetime | None


_PRESENT = """
SELECT DISTINCT ON (s.group_id, i.member_id) s.group_id, i.member_id, i.id, s.joined_at
FROM members_membership s JOIN members_identity i ON i.id = s.identity_id JOIN members_member m ON m.id = i.member_id
WHERE s.group_id = ANY(%s) AND s.left_at IS NULL AND NOT i.is_bot AND NOT m.is_team {more}
ORDER BY s.group_id, i.member_id, s.joined_at NULLS FIRST, i.id
"""


def people_in(group_ids: Collection[int]) -> list[Present]:
    """Everybody in the groups now; no bots, none of our own people. Each person once per group."""
    return _present(_PRESENT.format(more=""), [list(group_ids)])


def joined_between(windows: Mapping[int, tuple[datetime, datetime]]) -> list[Present]:
    """Who came into each group after the first and up to the second moment of its window, and is still there."""
    if not windows:
        return []
    more = "AND s.joined_at > %s AND s.joined_at <= %s"
    earliest, latest = min(begin for begin, _ in windows.values()), max(end for _, end in windows.values())
    found = _present(_PRESENT.format(more=more), [list(windows), earliest, latest])
    return [each for each in found if each.at and windows[each.group_id][0] < each.at <= windows[each.group_id][1]]


def _present(statement: str, params: list[Any]) -> list[Present]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [Present(*row) for row in cursor.fetchall()]


# ------------------------------------------------------------------ what holds for members
def tagged(member_ids: Collection[int], tags: Collection[str]) -> set[int]:
    """Those of the members who have one of the tags, of their own or of somebody merged into them."""
    rows = Member.objects.filter(root__in=list(member_ids), tags__overlap=list(tags))
    return set(rows.values_list("root", flat=True))


def core(member_ids: Collection[int]) -> set[int]:
    """Those of the members who count among the core."""
    return set(Member.objects.filter(root__in=list(member_ids), is_core=True).values_list("root", flat=True))


def since_when(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], datetime | None]:
    """Since when members are in groups, by (group, member); None: before we looked. Who has left is not in it."""
    if not pairs:
        return {}
    groups, people = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.group_id, p.member_id, CASE WHEN bool_or(s.joined_at IS NULL) THEN NULL"
            " ELSE min(s.joined_at) END"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS p(group_id, member_id)"
            " JOIN members_identity i ON i.member_id = p.member_id"
            " JOIN members_membership s ON s.identity_id = i.id AND s.group_id = p.group_id AND s.left_at IS NULL"
            " GROUP BY 1, 2",
            [list(groups), list(people)],
        )
        return {(group_id, member_id): at for group_id, member_id, at in cursor.fetchall()}


def identities_of(member_ids: Collection[int]) -> dict[int, list[int]]:
    """The identities of each member, by id."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = Identity.objects.filter(member_id__among=list(member_ids)).order_by("pk")
    for member_id, identity_id in rows.values_list("member_id", "pk"):
        found[member_id].append(identity_id)
    return found
