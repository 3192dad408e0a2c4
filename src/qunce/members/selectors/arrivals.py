"""Bulk reads: who came into any of several groups for the first time. No guard: whoever shows them guards."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from qunce.members.models import Membership


@dataclass(frozen=True, slots=True)
class Arrival:
    """A person who was in none of the groups before ``at``. ``is_here``: they are in one of them still."""

    member_id: int
    name: str
    at: datetime
    is_here: bool
    identity_ids: frozenset[int]


def arrivals(group_ids: Collection[int], since: datetime, until: datetime) -> list[Arrival]:
    """People (no bots, none of the team) who first entered one of the groups in that time, in order of time.

    Two statements, however many people there are.
    """
    stays = Membership.objects.filter(group_id__among=group_ids)
    entered = stays.filter(
        joined_at__gte=since, joined_at__lt=until, identity__is_bot=False, identity__member__is_team=False
    )
    members = set(entered.values_list("identity__member_id", flat=True))
    rows = stays.filter(identity__member_id__among=members).values_list(
        "identity__member_id", "identity__member__name", "identity_id", "joined_at", "seen_at", "left_at"
    )
    found: dict[int, Arrival] = {}
    for member_id, name, identity_id, joined_at, seen_at, left_at in rows:
        known = found.get(member_id)
        at, here, identities = joined_at or seen_at, left_at is None, frozenset({identity_id})
        if known is not None:
            at, here, identities = min(at, known.at), here or known.is_here, identities | known.identity_ids
        found[member_id] = Arrival(member_id, name, at, here, identities)
    return sorted((each for each in found.values() if each.at >= since), key=lambda each: (each.at, each.member_id))
