"""Bulk reads of members as they are addressed in a group. No guard: for what runs by itself."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from qunce.kernel import wire
from qunce.members.models import Membership

Pair = tuple[int, int]
"""A group's id and a member's."""


@dataclass(frozen=True, slots=True)
class Person:
    """A member in a group: the identity under which the group knows them. ``here``: they have not left it.

    ``unasked``: a bot, one of our own people, or somebody who does not want to be written to.
    """

    member_id: int
    identity_id: int
    external_id: str
    name: str
    here: bool
    unasked: bool


def addressed(pairs: Collection[Pair]) -> dict[Pair, Person]:
    """The members in the groups, by group and member; who was merged is found as the one they are now.

    Of several identities in a group the one that is there, and of those the one that was heard last, is meant.
    """
    if not pairs:
        return {}
    with wire.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (w.group_id, w.member_id) w.group_id, w.member_id, top.id, i.id, i.external_id,"
            " coalesce(nullif(s.nickname, ''), nullif(i.name, ''), nullif(top.name, ''), i.external_id),"
            " s.left_at IS NULL, i.is_bot OR top.is_team OR top.muted_at IS NOT NULL"
            " FROM unnest(%b::bigint[], %b::bigint[]) AS w(group_id, member_id)"
            " JOIN members_member m ON m.id = w.member_id JOIN members_member top ON top.id = m.root_id"
            " JOIN members_identity i ON i.member_id = top.id"
            " JOIN members_membership s ON s.identity_id = i.id AND s.group_id = w.group_id"
            " ORDER BY w.group_id, w.member_id, s.left_at IS NULL DESC, s.seen_at DESC, i.id",
            [
                wire.bigints([group_id for group_id, _member in pairs]),
                wire.bigints([member_id for _group, member_id in pairs]),
            ],
            binary=True,
        )
        return {(group_id, member_id): Person(*person) for group_id, member_id, *person in cursor.fetchall()}


def people_here(group_ids: Collection[int]) -> list[Pair]:
    """Who is in the groups now: neither bots, nor our own people, nor who does not want to be written to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT s.group_id, i.member_id FROM members_membership s"
            " JOIN members_identity i ON i.id = s.identity_id JOIN members_member m ON m.id = i.member_id"
            " WHERE s.group_id = ANY(%s) AND s.left_at IS NULL AND NOT i.is_bot AND NOT m.is_team"
            " AND m.muted_at IS NULL ORDER BY 1, 2",
            [list(group_ids)],
        )
        return list(cursor.fetchall())


def places_of(member_id: int, group_ids: Collection[int]) -> list[Pair]:
    """Where a member is, of these groups, with the identity under which they are there; the latest first."""
    here = Membership.objects.filter(identity__member=member_id, group_id__among=list(group_ids), left_at=None)
    return list(here.order_by("-seen_at", "group_id", "identity_id").values_list("group_id", "identity_id"))
