"""Reads of people: who is visible to whom, how they are found, and who could be the same."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Exists, F, Lookup, OuterRef, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from qunce.community import selectors as community
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotAllowed, NotFound
from qunce.members import policies
from qunce.members.models import Identity, Member, Membership
from qunce.members.types import MemberFilter, MemberOrder, Presence

MOST_ALIKE = 5
FEW = 10_000


@dataclass(frozen=True, slots=True)
class Who:
    """Who an identity is, as pages name them."""

    identity_id: int
    member_id: int
    name: str
    is_bot: bool


@SearchVectorField.register_lookup
class Found(Lookup):
    """``filter(keys__found=policies.search_query(text))``: taken as it is, without a language's rules."""

    lookup_name = "found"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Which the index on the column answers."""
        left, left_values = self.process_lhs(compiler, connection)
        return f"{left} @@ %s::tsquery", (*left_values, self.rhs)


# ------------------------------------------------------------------ whom one sees
def visible_members(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Member]:
    """Members who are or were in a group of a community in which the actor holds ``permission``; no bots."""
    return _people(actor, permission, None).filter(merged_into=None)


def _people(actor: Actor, permission: Permission, stays: QuerySet[Membership] | None) -> QuerySet[Member]:
    """Members, the merged ones too; where it matters, only those with one of the stays."""
    members = Member.objects.filter(is_bot=False).defer("keys")
    if stays is None and actor.communities(permission) is not None:
        stays = _stays(actor, permission)
    if stays is None:
        return members
    people = Identity.objects.filter(pk__in=stays.order_by().values("identity"))
    return members.filter(pk__in=people.values("member"))


def _stays(actor: Actor, permission: Permission) -> QuerySet[Membership]:
    return Membership.objects.filter(group_id__in=community.visible_groups(actor, permission).order_by().values("pk"))


def find_members(
    actor: Actor, wanted: MemberFilter, permission: Permission = Permission.VIEW
) -> tuple[QuerySet[Member], tuple[str, ...]]:
    """The members that the filter describes, with the key they are paged by.

    By name in rising order of (sort_key, id); the newest first in falling order of (id).
    """
    found = _people(actor, permission, _wanted_stays(actor, wanted, permission))
    if wanted.text and (query := policies.search_query(wanted.text)):
        found = _found(found, query)
    else:
        found = found.filter(merged_into=None)
    if wanted.platform:
        found = found.filter(pk__in=Identity.objects.filter(platform=wanted.platform).values("member"))
    if wanted.tag:
        found = found.filter(_with(tags__contains=[wanted.tag]))
    if wanted.core:
        found = found.filter(pk__in=Member.objects.filter(is_core=True).values("root"))
    if wanted.named_id is not None:
        named = Member.objects.filter(named_id__isnull=False)
        if wanted.named_id:
            found = found.filter(pk__in=named.filter(named_id=wanted.named_id).values("root"))
        else:
            found = found.exclude(pk__in=named.values("root"))
    if wanted.order is MemberOrder.NEWEST:
        return found.order_by("-id"), ("id",)
    return found.order_by("sort_key", "id"), ("sort_key", "id")


def _with(**wanted: object) -> Q:
    """Members of whom this is true, or of one who was merged into them: two conditions that indexes answer."""
    merged = Member.objects.filter(merged_into__isnull=False, **wanted).values_list("root", flat=True)
    return Q(**wanted) | Q(pk__among=list(merged))


def _found(members: QuerySet[Member], query: str) -> QuerySet[Member]:
    """Those whom a search finds; where they are not very many, they are fetched by id and then sorted.

    Otherwise the planner would walk along the index of names until enough of them match, which takes long where all
    of them are at the end (names that begin with Z). "Oneself at the top" keeps it from there: the index is of those
    who were not merged, and it does not know that this is the same.
    """
    few = list(Member.objects.filter(keys__found=query).values_list("root", flat=True)[: FEW + 1])
    if len(few) > FEW:
        return members.filter(_with(keys__found=query), merged_into=None)
    return members.filter(pk__among=few, root=F("pk"))


def _wanted_stays(actor: Actor, wanted: MemberFilter, permission: Permission) -> QuerySet[Membership] | None:
    """The stays that a filter asks for; None where it asks for none."""
    if not (wanted.community_id or wanted.group_id or wanted.presence or wanted.joined_since):
        return None
    groups = community.visible_groups(actor, permission).order_by()
    if wanted.community_id:
        groups = groups.filter(community=wanted.community_id)
    if wanted.group_id:
        groups = groups.filter(pk=wanted.group_id)
    stays = Membership.objects.filter(group_id__among=list(groups.values_list("pk", flat=True)))
    if wanted.joined_since:
        stays = stays.filter(joined_at__gte=wanted.joined_since)
    if wanted.presence is Presence.HERE:
        return stays.filter(left_at=None)
    if wanted.presence is Presence.LEFT:
        here = stays.filter(left_at=None, identity=OuterRef("identity"))
        return stays.filter(~Exists(here), left_at__isnull=False)
    return stays


def member(actor: Actor, member_id: int, permission: Permission = Permission.VIEW) -> Member:
    """One member with their identities; who was merged is found as the one they are now.

    NotFound where the actor sees none of their groups, NotAllowed where he may not do this in any of them.
    """
    row = Member.objects.filter(pk=root_of(member_id)).defer("keys").prefetch_related("identities").first()
    if row is None:
        raise NotFound
    for needed in (Permission.VIEW, permission):
        if not may(actor, row, needed):
            raise NotFound if needed is Permission.VIEW else NotAllowed(permission=permission)
    return row


def may(actor: Actor, member: Member, permission: Permission) -> bool:
    """Whether the actor holds ``permission`` in a community that the member is or was in a group of."""
    if actor.communities(permission) is None:
        return True
    identities = [identity.pk for identity in member.identities.all()]
    return _stays(actor, permission).filter(identity__in=identities).exists()


def root_of(member_id: int) -> int:
    """Whom the member was merged into; oneself where nobody is above. No guard: ids alone."""
    return Member.objects.filter(pk=member_id).values_list("root", flat=True).first() or member_id


def home_of(actor: Actor, member: Member, permission: Permission) -> int | None:
    """The community in whose name the actor acts on a member: of the latest stay where he holds ``permission``."""
    identities = [identity.pk for identity in member.identities.all()]
    there = _stays(actor, permission).filter(identity__in=identities).order_by("-seen_at", "-pk")
    group_id = there.values_list("group_id", flat=True).first()
    groups = community.visible_groups(actor, permission).filter(pk=group_id or 0)
    return groups.values_list("community", flat=True).first()


def identities(actor: Actor, member_ids: Collection[int]) -> dict[int, list[Identity]]:
    """The identities of those of the members that the actor may see, by the member's id."""
    found: dict[int, list[Identity]] = defaultdict(list)
    visible = visible_members(actor).filter(pk__in=member_ids)
    for identity in Identity.objects.filter(member__in=visible).order_by("pk"):
        found[identity.member_id].append(identity)
    return found


# ------------------------------------------------------------------ who could be the same
def alike(actor: Actor, member: Member) -> list[Member]:
    """Visible members who may be the same person: of the same name, or of one that sounds alike, elsewhere.

    Proposals only; whoever has an account on one of the same platforms is not proposed.
    """
    platforms = {identity.platform for identity in member.identities.all()}
    sound = policies.sound_of(member.sort_key, member.name)
    if len(sound.strip()) < 2:  # noqa: PLR2004 (a single letter says nothing)
        return []
    elsewhere = Identity.objects.filter(platform__in=platforms).values("member")
    found = (
        visible_members(actor)
        .filter(sort_key__gte=sound, sort_key__lt=f"{sound}\U0010ffff")
        .exclude(pk=member.pk)
        .exclude(pk__in=elsewhere)
        .prefetch_related("identities")
        .order_by("sort_key", "id")[: MOST_ALIKE * 4]
    )
    ranked = sorted(found, key=lambda other: policies.fold(other.name) != policies.fold(member.name))
    return ranked[:MOST_ALIKE]


# ------------------------------------------------------------------ without a guard
def who(identity_ids: Collection[int]) -> dict[int, Who]:
    """Who the identities are, by id. No guard: the ids come from what the viewer may see."""
    rows = Identity.objects.filter(pk__among=set(identity_ids)).values_list(
        "pk", "member_id", "name", "is_bot", F("home__name"), "external_id"
    )
    return {
        key: Who(key, member_id, name or member_name or external_id, is_bot)
        for key, member_id, name, is_bot, member_name, external_id in rows
    }


def persons(identity_ids: Collection[int]) -> dict[int, int]:
    """The member whose each of the identities is, without bots. No guard: not for pages."""
    rows = Identity.objects.filter(pk__among=set(identity_ids), is_bot=False)
    return dict(rows.values_list("pk", "member_id"))


def bots(identity_ids: Collection[int]) -> set[int]:
    """Those of the identities that are bots. No guard: not for pages."""
    return set(Identity.objects.filter(pk__among=set(identity_ids), is_bot=True).values_list("pk", flat=True))
