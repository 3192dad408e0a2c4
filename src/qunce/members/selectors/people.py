"""Every read of members, identities and stays, and who may see them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from qunce.community import selectors as community
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.members.models import Identity as Identity  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.members.models import Member, Membership


@dataclass(frozen=True, slots=True)
class Who:
    """Who an identity is, as pages name them."""

    identity_id: int
    member_id: int
    name: str
    is_bot: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody entered a group, or left it."""

    at: datetime
    joined: bool
    who: Who
    group_id: int
    source: str


# ------------------------------------------------------------------ people
def visible_members(actor: Actor, text: str = "") -> QuerySet[Member]:
    """Members who are or were in a group that the actor may see, by name; bots are not among them.

    ``text``: part of the name, of the name on a platform, or a whole id on a platform.
    """
    people = Identity.objects.filter(is_bot=False)
    if actor.communities(Permission.VIEW) is not None:
        people = people.filter(pk__in=_stays(actor).values("identity"))
    found = Member.objects.filter(merged_into=None, pk__in=people.values("member"))
    if text:
        named = Identity.objects.filter(Q(name__icontains=text) | Q(external_id=text))
        found = found.filter(Q(name__icontains=text) | Q(pk__in=named.values("member")))
    return found.order_by("name", "pk")


def member(actor: Actor, member_id: int) -> Member:
    """One member with their identities. NotFound where the actor sees none of their groups."""
    found = Member.objects.filter(pk=member_id).prefetch_related("identities").first()
    if found is None:
        raise NotFound
    if actor.communities(Permission.VIEW) is not None:
        identities = [identity.pk for identity in found.identities.all()]
        if not _stays(actor).filter(identity__in=identities).exists():
            raise NotFound
    return found


def identities(actor: Actor, member_ids: Collection[int]) -> dict[int, list[Identity]]:
    """The identities of those of the members that the actor may see, by the member's id."""
    found: dict[int, list[Identity]] = defaultdict(list)
    visible = visible_members(actor).filter(pk__in=member_ids)
    for identity in Identity.objects.filter(member__in=visible).order_by("pk"):
        found[identity.member_id].append(identity)
    return found


def who(identity_ids: Collection[int]) -> dict[int, Who]:
    """Who the identities are, by id. No guard: the ids come from what the viewer may see."""
    rows = Identity.objects.filter(pk__among=set(identity_ids)).values_list(
        "pk", "member_id", "name", "is_bot", "member__name", "external_id"
    )
    return {
        key: Who(key, member_id, name or member_name or external_id, is_bot)
        for key, member_id, name, is_bot, member_name, external_id in rows
    }


def bots(identity_ids: Collection[int]) -> set[int]:
    """Those of the identities that are bots. No guard: not for pages."""
    return set(Identity.objects.filter(pk__among=set(identity_ids), is_bot=True).values_list("pk", flat=True))


# ------------------------------------------------------------------ stays
def _stays(actor: Actor) -> QuerySet[Membership]:
    return Membership.objects.filter(group_id__in=community.visible_groups(actor).order_by().values("pk"))


def stays(actor: Actor, member_ids: Collection[int]) -> list[Membership]:
    """All stays of the members in groups that the actor may see, latest first, with their identities."""
    return list(
        _stays(actor).filter(identity__member__in=member_ids).select_related("identity").order_by("-seen_at", "-pk")
    )


def groups_now(actor: Actor, member_ids: Collection[int]) -> dict[int, set[int]]:
    """In which visible groups each of the members is now, by the member's id."""
    rows = _stays(actor).filter(identity__member__in=member_ids, left_at=None)
    found: dict[int, set[int]] = defaultdict(set)
    for member_id, group_id in rows.order_by().values_list("identity__member", "group_id"):
        found[member_id].add(group_id)
    return found


def present(actor: Actor, group_id: int, *, most: int = 200) -> list[Identity]:
    """Who is in a group now, bots too, in the order in which they came; the first ``most``."""
    community.group(actor, group_id)
    stays = Membership.objects.filter(group_id=group_id, left_at=None).select_related("identity").order_by("pk")
    return [stay.identity for stay in stays[:most]]


def known_counts(actor: Actor, group_ids: Collection[int]) -> dict[int, int]:
    """How many people (bots apart) we know to be in each of the groups now, by the group's id."""
    rows = (
        _stays(actor)
        .filter(group_id__among=group_ids, left_at=None, identity__is_bot=False)
        .order_by()
        .values_list("group_id")
        .annotate(people=Count("pk"))
    )
    return dict(rows)


def latest_turns(actor: Actor, group_id: int, limit: int = 20) -> list[Turn]:
    """Who entered and who left a group lately, latest first."""
    here = _stays(actor).filter(group_id=group_id)
    stays = [
        *here.filter(joined_at__isnull=False).order_by("-joined_at")[:limit],
        *here.filter(left_at__isnull=False).order_by("-left_at")[:limit],
    ]
    return _turns(stays)[:limit]


def turns(actor: Actor, member_id: int) -> list[Turn]:
    """When a member entered and left groups that the actor may see, latest first."""
    return _turns(_stays(actor).filter(identity__member=member_id))


def _turns(stays: Iterable[Membership]) -> list[Turn]:
    """Each entry and departure once, latest first."""
    rows = {stay.pk: stay for stay in stays}.values()
    people = who([stay.identity_id for stay in rows])
    told = [
        Turn(at, joined, people[stay.identity_id], stay.group_id, stay.source if joined else "")
        for stay in rows
        for at, joined in ((stay.joined_at, True), (stay.left_at, False))
        if at is not None
    ]
    return sorted(told, key=lambda turn: turn.at, reverse=True)
