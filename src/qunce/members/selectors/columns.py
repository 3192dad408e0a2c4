"""Bulk reads: who the speakers of a group are, and who came and went. No guard: for computing, not for pages."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from qunce.members.models import Identity, Member, Membership


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who an identity is. ``is_staff``: of the team, or of those who lead the groups, in any of their records."""

    identity_id: int
    member_id: int
    external_id: str
    name: str
    is_bot: bool
    is_staff: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a person in a group. ``joined_at`` None: they were there before we looked."""

    identity_id: int
    joined_at: datetime | None
    left_at: datetime | None


def speakers(identity_ids: Collection[int]) -> dict[int, Speaker]:
    """Who the identities are, by id."""
    rows = Identity.objects.filter(pk__among=set(identity_ids)).values_list(
        "pk", "member_id", "external_id", "name", F("member__name"), "is_bot"
    )
    found = list(rows)
    members = {member_id for _, member_id, *_ in found}
    leading = Member.objects.filter(Q(is_team=True) | Q(is_core=True), root__among=members)
    staff = set(leading.values_list("root", flat=True))
    return {
        key: Speaker(key, member_id, external_id, name or member_name or external_id, is_bot, member_id in staff)
        for key, member_id, external_id, name, member_name, is_bot in found
    }


def has_staff(group_id: int) -> bool:
    """Whether somebody of the team, or of those who lead the groups, is or was in a group."""
    here = Identity.objects.filter(memberships__group_id=group_id).values("member")
    return Member.objects.filter(Q(is_team=True) | Q(is_core=True), root__in=here).exists()


def stays_since(group_id: int, since: datetime) -> tuple[int | None, list[Stay]]:
    """How many people (no bots) were in a group at a moment, and all stays that began or ended since.

    None where nobody's stay is known. Who was only heard in the group's past does not count.
    """
    stays = Membership.objects.filter(group_id=group_id, heard=False, identity__is_bot=False)
    changed = stays.filter(Q(joined_at__gte=since) | Q(left_at__gte=since)).order_by("pk")
    before = stays.filter(Q(joined_at=None) | Q(joined_at__lt=since)).filter(Q(left_at=None) | Q(left_at__gte=since))
    found = [Stay(*row) for row in changed.values_list("identity_id", "joined_at", "left_at")]
    present = before.count()
    return (present if present or found else None), found
