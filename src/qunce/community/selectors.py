"""Every read of communities and groups, and who may see them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Func, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.community import policies
from qunce.community.models import Community as Community  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.community.models import Group as Group  # noqa: PLC0414 (the same)
from qunce.community.models import Notice as Notice  # noqa: PLC0414 (the same)
from qunce.community.types import LANGUAGES, CommunityProfile, GroupFacts, GroupFilter, GroupOrder, GroupState
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotFound
from qunce.kernel.variables import BadTextError, known

DEFAULT_NOTICE = gettext_noop(
    "Welcome to {group}\n{purpose}\nWe want: {shared_goal}\nYou get: {promise}\nAsk: {contact}"
)


# ------------------------------------------------------------------ communities
def visible_communities(
    actor: Actor, permission: Permission = Permission.VIEW, *, archived: bool = False
) -> QuerySet[Community]:
    """Communities in which the actor holds ``permission``, by name; the archived ones instead where asked."""
    allowed = actor.communities(permission)
    found = Community.objects.filter(archived_at__isnull=not archived)
    return (found if allowed is None else found.filter(pk__in=allowed)).order_by("name", "pk")


def community(actor: Actor, community_id: int, permission: Permission = Permission.VIEW) -> Community:
    """One community, archived or not. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = Community.objects.filter(pk=community_id).first()
    if found is None or not actor.may(Permission.VIEW, community_id):
        raise NotFound
    actor.require(permission, community_id)
    return found


def profile_of(community: Community) -> CommunityProfile:
    """What is written down about a community."""
    values = {field.name: getattr(community, field.name) for field in fields(CommunityProfile)}
    return CommunityProfile(**{**values, "languages": tuple(community.languages)})


@dataclass(frozen=True, slots=True)
class Size:
    """``people`` as the platforms count them, once per group; None where none of them says."""

    groups: int = 0
    people: int | None = None


def sizes(actor: Actor) -> dict[int, Size]:
    """How large each visible community is, by its id; those without an open group are not listed."""
    counted = (
        _in_state(visible_groups(actor), GroupState.ADOPTED)
        .order_by()
        .values_list("community")
        .annotate(Count("pk"), Sum("member_count"))
    )
    return {key: Size(groups, people) for key, groups, people in counted}


# ------------------------------------------------------------------ groups
def visible_groups(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Group]:
    """Groups of communities in which the actor holds ``permission``, archived ones too.

    Groups in no community are seen (and operated) by operators of all communities only, private chats by nobody.
    """
    groups = Group.objects.filter(direct=False)
    allowed = actor.communities(permission)
    if allowed is not None:
        return groups.filter(community__in=allowed)
    if actor.may(Permission.OPERATE):
        return groups
    return groups.filter(community__isnull=False)


def group(actor: Actor, group_id: int, permission: Permission = Permission.VIEW) -> Group:
    """One group with its community. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = visible_groups(actor).filter(pk=group_id).select_related("community").first()
    if found is None:
        raise NotFound
    actor.require(permission, found.community_id)
    return found


def groups_of(actor: Actor, community_id: int) -> list[int]:
    """The ids of all groups of a community that the actor may see, archived ones too."""
    return list(visible_groups(actor).filter(community=community_id).order_by("pk").values_list("pk", flat=True))


def communities_of_groups(actor: Actor) -> dict[int, int]:
    """The community of each open group that the actor may see, by the group's id."""
    return dict(_in_state(visible_groups(actor), GroupState.ADOPTED).values_list("pk", "community"))


def zones(actor: Actor, group_ids: Collection[int]) -> dict[int, str]:
    """The time zone of each of the groups that the actor may see, by the group's id.

    Where a group belongs to no community, that is the installation's zone.
    """
    zone = Coalesce("community__zone", Value(settings.DEFAULT_COMMUNITY_ZONE))
    return dict(visible_groups(actor).filter(pk__among=group_ids).values_list("pk", zone))


def find_groups(actor: Actor, wanted: GroupFilter, permission: Permission = Permission.VIEW) -> QuerySet[Group]:
    """The groups that the filter describes, with their community, by name."""
    found = _in_state(visible_groups(actor, permission), wanted.state)
    if wanted.text:
        tag = policies.tidy_tag(wanted.text)
        found = found.filter(
            Q(name__icontains=wanted.text) | Q(external_id=wanted.text) | Q(tags__contains=[tag] if tag else [])
        )
    if wanted.community_id is not None:
        found = found.filter(community=wanted.community_id)
    if wanted.tag:
        found = found.filter(tags__contains=[wanted.tag])
    if wanted.platform:
        found = found.filter(platform=wanted.platform)
    return found.select_related("community").order_by(*_ORDER.get(wanted.order, ("name",)), "pk")


def groups_in_order(actor: Actor, group_ids: Sequence[int]) -> list[Group]:
    """The groups that the actor may see, with their community, in the order of the ids."""
    found = visible_groups(actor).select_related("community").in_bulk(group_ids)
    return [found[key] for key in group_ids if key in found]


def state_counts(actor: Actor) -> dict[GroupState, int]:
    """How many groups of each standing the actor may see, in one statement."""
    groups = visible_groups(actor)
    counted = groups.aggregate(**{state.value: Count("pk", filter=_STATES[state]) for state in GroupState})
    return {state: counted[state.value] for state in GroupState}


def tags(actor: Actor) -> list[str]:
    """All tags on groups that the actor may see, sorted."""
    rows = visible_groups(actor).order_by().values_list(Func(F("tags"), function="unnest"), flat=True)
    return sorted(set(rows.distinct()))


def platforms(actor: Actor) -> list[str]:
    """The keys of the platforms of groups that the actor may see, sorted."""
    return sorted(visible_groups(actor).order_by().values_list("platform", flat=True).distinct())


_STATES = {
    GroupState.ADOPTED: Q(community__isnull=False, archived_at=None, community__archived_at=None),
    GroupState.FOUND: Q(community=None),
    GroupState.ARCHIVED: Q(community__isnull=False)
    & (Q(archived_at__isnull=False) | Q(community__archived_at__isnull=False)),
}
_ORDER = {
    GroupOrder.NAME: ("name",),
    GroupOrder.NEWEST: ("-found_at",),
    GroupOrder.MEMBERS: (F("member_count").desc(nulls_last=True), "name"),
}


def _in_state(groups: QuerySet[Group], state: GroupState) -> QuerySet[Group]:
    return groups.filter(_STATES[state])


def group_names(group_ids: Collection[int]) -> dict[int, str]:
    """The names of groups, by id. No guard: for lists of things that the actor may see."""
    return dict(Group.objects.filter(pk__in=group_ids).values_list("pk", "name"))


def private_chats() -> QuerySet[Group, int]:
    """The ids of private chats. No guard: for leaving out what is said there."""
    return Group.objects.filter(direct=True).values_list("pk", flat=True)


def rooms(group_ids: Collection[int]) -> dict[int, Group]:
    """Groups and private chats by id. No guard: for whoever has linked them as his own."""
    return Group.objects.in_bulk(list(group_ids))


# ------------------------------------------------------------------ the notice of groups
def notice(actor: Actor, community_id: int) -> Notice:
    """The community's notice; where none was written, one that is not stored, from what all have."""
    home = community(actor, community_id)
    found = Notice.objects.filter(community=home).first()
    if found is None:
        with override(home.languages[0] if home.languages else settings.LANGUAGE_CODE):
            found = Notice(community=home, text=_(DEFAULT_NOTICE))
    return found


def notice_texts(notice: Notice, groups: Iterable[Group]) -> dict[int, str]:
    """What the notice is in each of the groups, by the group's id."""
    home = notice.community
    common = {name: getattr(home, name) for name in ("purpose", "shared_goal", "promise")}
    common |= {"community": home.name, "contact": notice.contact}
    return {
        group.pk: policies.notice_text(notice.text, {**common, "group": group.name or group.external_id})
        for group in groups
    }


def bad_notice(error: BadTextError) -> Invalid:
    """What is wrong with a notice that cannot be filled in."""
    said = _("There is no variable {%(name)s}.") % {"name": error.name} if error.name else _("A brace stands alone.")
    named = known(policies.NOTICE_VARIABLES)
    fix = _("Variables are %(known)s; for a brace itself write it twice.") % {"known": named}
    return Invalid(said, fix=fix, field="text")


def notice_preview(actor: Actor, community_id: int, group_id: int | None, *, text: str, contact: str) -> str:
    """What a notice that is being written would be in a group of the community; without one, in "…".

    Raises Invalid where it cannot be filled in.
    """
    written = Notice(community=community(actor, community_id), text=text, contact=contact)
    found = visible_groups(actor).filter(community=community_id, pk=group_id or 0).first() or Group(pk=0, name="…")
    try:
        return notice_texts(written, [found])[found.pk]
    except BadTextError as error:
        raise bad_notice(error) from error


# ------------------------------------------------------------------ the pipeline's part
def group_facts(group_ids: Iterable[int]) -> list[GroupFacts]:
    """What the pipeline needs of those of the groups that are adopted and not archived. No guard: not for pages."""
    return _facts(Group.objects.filter(_STATES[GroupState.ADOPTED], pk__among=list(group_ids)))


def all_group_facts() -> list[GroupFacts]:
    """The same of every group that is adopted and not archived. No guard: not for pages."""
    return _facts(Group.objects.filter(_STATES[GroupState.ADOPTED]))


def _facts(groups: QuerySet[Group]) -> list[GroupFacts]:
    rows = groups.values_list(
        "id",
        "platform",
        "external_id",
        "name",
        "community_id",
        "community__zone",
        "tags",
        "community__name",
        "community__languages",
        "member_count",
        "adopted_at",
    )
    return [
        GroupFacts(
            key,
            platform,
            external_id,
            name,
            community_id,
            ZoneInfo(zone),
            tuple(tags),
            community,
            (languages or LANGUAGES)[0],
            count,
            adopted_at,
        )
        for (
            key,
            platform,
            external_id,
            name,
            community_id,
            zone,
            tags,
            community,
            languages,
            count,
            adopted_at,
        ) in rows
    ]


def external_ids(group_ids: Iterable[int]) -> dict[int, str]:
    """What their platforms call the groups. No guard: not for pages."""
    return dict(Group.objects.filter(pk__in=set(group_ids)).values_list("id", "external_id"))
