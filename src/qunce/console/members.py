"""Members: the long list, who is found in it, and the list as a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from qunce.chat.selectors import activity, title_of
from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.console import filters
from qunce.console.context import StaffRequest
from qunce.console.filters import Asked, Pick
from qunce.console.spreadsheet import Rows, spreadsheet
from qunce.kernel import paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotAllowed
from qunce.kernel.htmx import page
from qunce.kernel.words import listed
from qunce.members import actions, selectors
from qunce.members.selectors import Entry, Identity, Profile
from qunce.members.types import MemberFilter, MemberOrder, Presence
from qunce.team import selectors as team

COUNTED = 500
"""Up to here members are counted; beyond, the page says that there are more."""
PORTION = 500
ORDERS = ((MemberOrder.NAME, gettext_lazy("By name")), (MemberOrder.NEWEST, gettext_lazy("Newest first")))
PRESENCES = (
    (Presence.ANY, gettext_lazy("Now or before")),
    (Presence.HERE, gettext_lazy("In a group now")),
    (Presence.LEFT, gettext_lazy("Has left")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One member in the list; ``said`` in the last thirty days."""

    profile: Profile
    platforms: Sequence[str]
    groups: int
    said: int

    @property
    def member(self) -> Any:
        """Who it is."""
        return self.profile.member


# ---------------------------------------------------------------- the list
def wanted_from(request: StaffRequest, query: QueryDict) -> MemberFilter:
    """The filter in an address; what makes no sense there does not restrict."""
    asked = Asked(query)
    since = asked.day("since")
    return MemberFilter(
        text=asked.text("text"),
        community_id=asked.number("community"),
        group_id=asked.number("group"),
        tag=asked.text("tag"),
        platform=asked.text("platform"),
        presence=asked.one_of(Presence, "presence", Presence.ANY),
        joined_since=datetime.combine(since, time(), request.zone) if since else None,
        core=query.get("core") == "1",
        named_id=asked.number("named"),
        order=asked.one_of(MemberOrder, "order", MemberOrder.NAME),
    )


def _picks(actor: Actor, wanted: MemberFilter) -> list[Pick]:
    """What the list is most often restricted to."""
    presences = [(presence.value, label) for presence, label in PRESENCES]
    return [
        filters.by_community(actor, wanted.community_id),
        Pick("presence", _("Presence"), lambda: presences, wanted.presence, every=False),
        filters.by_tag(selectors.tags(actor), wanted.tag),
    ]


def _more_picks(actor: Actor, wanted: MemberFilter) -> list[Pick]:
    """What else it can be restricted to, and its order."""
    people = team.who_may(Permission.REPLY, seen_by=actor)
    return [
        filters.by_group(actor, wanted.group_id, GroupFilter(community_id=wanted.community_id)),
        filters.by_platform(actor, wanted.platform),
        Pick(
            "named",
            _("Named person"),
            lambda: [(0, _("Nobody")), *people.values_list("pk", "name")],
            wanted.named_id,
        ),
        filters.by_order(ORDERS, wanted.order),
    ]


def members(request: StaffRequest) -> HttpResponse:
    """The list: search, filters, order and place live in the address."""
    actor, wanted = request.actor, wanted_from(request, request.GET)
    found, key = selectors.find_members(actor, wanted)
    rising = wanted.order is MemberOrder.NAME
    shown = paging.by_key(found, key=key, cursor=request.GET.get("cursor", ""), rising=rising)
    total = found[: COUNTED + 1].count()
    return page(
        request,
        "console/members/list.html",
        {
            "wanted": wanted,
            "since": request.GET.get("since", ""),
            "page": shown,
            "rows": _rows(actor, shown.items),
            "counted": _counted(total, wanted),
            "picks": _picks(actor, wanted),
            "more_picks": _more_picks(actor, wanted),
            "may_export": actor.may_anywhere(Permission.LEAD),
            "query": request.GET.urlencode(),
        },
        piece="console/members/rows.html",
    )


def _counted(total: int, wanted: MemberFilter) -> str:
    """How many there are, in words."""
    if total > COUNTED:
        if wanted.restricts:
            return _("More than %(count)d people match") % {"count": COUNTED}
        return _("More than %(count)d people in your groups") % {"count": COUNTED}
    if wanted.restricts:
        return ngettext("%(count)d person matches", "%(count)d people match", total) % {"count": total}
    if not total:
        return _("Members")
    return ngettext("%(count)d person in your groups", "%(count)d people in your groups", total) % {"count": total}


def _rows(actor: Actor, shown: Sequence[Any]) -> list[Row]:
    """Members with what the list says of each; the same few statements for any number."""
    ids = [member.pk for member in shown]
    identities, groups = selectors.identities(actor, ids), selectors.groups_now(actor, ids)
    profiles = selectors.profiles(shown)
    spoken = activity.said_lately(
        actor,
        [identity.pk for those in identities.values() for identity in those],
        {group_id for there in groups.values() for group_id in there},
    )
    return [
        Row(
            profiles[key],
            sorted({title_of(identity.platform) for identity in identities.get(key, ())}),
            len(groups.get(key, ())),
            sum(spoken.get(identity.pk, 0) for identity in identities.get(key, ())),
        )
        for key in ids
    ]


# ---------------------------------------------------------------- the list as a file
def export(request: StaffRequest) -> HttpResponseBase:
    """The list as it is filtered, of the communities that this person leads; who took it is written down."""
    actor, wanted = request.actor, wanted_from(request, request.GET)
    if not actor.may_anywhere(Permission.LEAD):
        raise NotAllowed(permission=Permission.LEAD)
    found, _key = selectors.find_members(actor, wanted, Permission.LEAD)
    total = found[: COUNTED + 1].count()
    actions.record_export(actor=actor, count_at_least=min(total, COUNTED), what=request.GET.urlencode() or _("all"))
    head = [
        *(_("Name"), _("Identities"), _("Groups now"), _("Tags"), _("Notes"), _("Core member"), _("Named person")),
        *(_("Next step"), _("Due"), _("Known since")),
    ]
    return spreadsheet("members", head, _portions(actor, wanted))


def _portions(actor: Actor, wanted: MemberFilter) -> Iterator[Rows]:
    """A few hundred members at a time, in their order."""
    found, key = selectors.find_members(actor, wanted, Permission.LEAD)
    cursor, rising = "", wanted.order is MemberOrder.NAME
    while True:
        portion = paging.by_key(found, key=key, cursor=cursor, size=PORTION, rising=rising)
        yield _cells(actor, portion.items)
        cursor = portion.older
        if not cursor:
            return


def _cells(actor: Actor, shown: Sequence[Any]) -> Rows:
    ids = [member.pk for member in shown]
    identities, there, notes = (
        selectors.identities(actor, ids),
        selectors.groups_now(actor, ids),
        selectors.notes(ids),
    )
    names = community.group_names({group_id for groups in there.values() for group_id in groups})
    profiles = selectors.profiles(shown)
    return [
        [
            profile.member.name,
            listed(map(_identity, identities[key])),
            listed(sorted(names[group_id] for group_id in there.get(key, ()))),
            listed(profile.tags),
            "\n".join(map(_noted, notes.get(key, ()))),
            _("yes") if profile.is_core else "",
            profile.named.name if profile.named else "",
            profile.step.text if profile.step else "",
            profile.step.due.isoformat() if profile.step and profile.step.due else "",
            timezone.localtime(profile.member.created_at).date().isoformat(),
        ]
        for key, profile in ((key, profiles[key]) for key in ids)
    ]


def _identity(identity: Identity) -> str:
    """An account of somebody, in one cell among others."""
    known = identity.external_id
    return f"{title_of(identity.platform)}: {identity.name or known} ({known})"


def _noted(note: Entry) -> str:
    return f"{timezone.localtime(note.at).date().isoformat()} {note.by_name}: {note.text}"


urlpatterns = [
    path("members/", members, name="members"),
    path("members/export.csv", export, name="members_export"),
]
