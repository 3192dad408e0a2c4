"""Reads of stays: who is or was where, who came and who went."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, QuerySet

from qunce.community import selectors as community
from qunce.kernel.actor import Actor, Permission
from qunce.members.models import Identity, Membership
from qunce.members.selectors.people import Who, who


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody entered a group, or left it. ``inviter_id``: the identity that brought them."""

    at: datetime
    joined: bool
    who: Who
    group_id: int
    source: str
    inviter_id: int | None = None


class Participant(NamedTuple):
    """Somebody in a group, as lists and mentions name them; ``key``: of the identity. ``joined_at`` None: unknown."""

    key: int
    member_id: int
    name: str
    external_id: str
    platform: str
    joined_at: datetime | None


def visible_stays(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Membership]:
    """All stays in groups of communities in which the actor holds ``permission``."""
    return Membership.objects.filter(group_id__in=community.visible_groups(actor, permission).order_by().values("pk"))


def stays(actor: Actor, member_ids: Collection[int]) -> list[Membership]:
    """All stays of the members in groups that the actor may see, latest first, with their identities."""
    return list(
        visible_stays(actor)
        .filter(identity__member__in=member_ids)
        .select_related("identity")
        .order_by("-seen_at", "-pk")
    )


def groups_now(actor: Actor, member_ids: Collection[int]) -> dict[int, set[int]]:
    """In which visible groups each of the members is now, by the member's id."""
    rows = visible_stays(actor).filter(identity__member__in=member_ids, left_at=None)
    found: dict[int, set[int]] = defaultdict(set)
    for member_id, group_id in rows.order_by().values_list("identity__member", "group_id"):
        found[member_id].add(group_id)
    return found


def present(actor: Actor, group_id: int, *, most: int = 200) -> list[Identity]:
    """Who is in a group now, bots too, in the order in which they came; the first ``most``."""
    community.group(actor, group_id)
    stays = Membership.objects.filter(group_id=group_id, left_at=None).select_related("identity").order_by("pk")
    return [stay.identity for stay in stays[:most]]


def present_before(actor: Actor, moments: Mapping[int, datetime]) -> dict[int, list[Participant]]:
    """People who are in the groups now and were there at a moment of each group, by the group's id.

    Only in groups that the actor may see. Bots and our own people are not among them; in the order of their names.
    """
    found: dict[int, list[Participant]] = {group_id: [] for group_id in moments}
    rows = (
        visible_stays(actor)
        .filter(group_id__among=list(moments), left_at=None, identity__is_bot=False, identity__member__is_team=False)
        .order_by("group_id", "identity__member__sort_key", "identity_id")
        .values_list(
            "group_id",
            "identity_id",
            "identity__member_id",
            "identity__name",
            "identity__external_id",
            "identity__platform",
            "joined_at",
        )
    )
    for group_id, key, member_id, name, external_id, platform, joined_at in rows:
        if joined_at is None or joined_at <= moments[group_id]:
            found[group_id].append(Participant(key, member_id, name, external_id, platform, joined_at))
    return found


def known_counts(actor: Actor, group_ids: Collection[int]) -> dict[int, int]:
    """How many people (bots apart) we know to be in each of the groups now, by the group's id."""
    rows = (
        visible_stays(actor)
        .filter(group_id__among=group_ids, left_at=None, identity__is_bot=False)
        .order_by()
        .values_list("group_id")
        .annotate(people=Count("pk"))
    )
    return dict(rows)


def latest_turns(actor: Actor, group_id: int, limit: int = 20) -> list[Turn]:
    """Who entered and who left a group lately, latest first."""
    here = visible_stays(actor).filter(group_id=group_id, heard=False)
    stays = [
        *here.filter(joined_at__isnull=False).order_by("-joined_at")[:limit],
        *here.filter(left_at__isnull=False).order_by("-left_at")[:limit],
    ]
    return _turns(stays)[:limit]


def turns(actor: Actor, member_id: int) -> list[Turn]:
    """When a member entered and left groups that the actor may see, latest first."""
    return _turns(visible_stays(actor).filter(heard=False, identity__member=member_id))


def _turns(stays: Iterable[Membership]) -> list[Turn]:
    """Each entry and departure once, latest first."""
    rows = {stay.pk: stay for stay in stays}.values()
    people = who([stay.identity_id for stay in rows])
    told = [
        Turn(
            at,
            joined,
            people[stay.identity_id],
            stay.group_id,
            stay.source if joined else "",
            stay.inviter_id if joined else None,
        )
        for stay in rows
        for at, joined in ((stay.joined_at, True), (stay.left_at, False))
        if at is not None
    ]
    return sorted(told, key=lambda turn: turn.at, reverse=True)


def departures(since: Mapping[int, datetime]) -> dict[int, int]:
    """How many people left each group (by id) after a moment of its own. No guard: counts alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.group_id, count(*) FROM unnest(%s::bigint[], %s::timestamptz[]) AS g(id, since)"
            " JOIN members_membership m ON m.group_id = g.id AND m.left_at > g.since GROUP BY m.group_id",
            [list(since), list(since.values())],
        )
        return dict(cursor.fetchall())
