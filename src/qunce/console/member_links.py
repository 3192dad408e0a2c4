"""Links to a member's own pages, on the member's page: made, copied once, revoked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.kernel import clock
from qunce.kernel.errors import Invalid
from qunce.kernel.htmx import go, is_partial
from qunce.members import actions, selectors
from qunce.members.selectors import MemberLink

LASTS = (1, 7, 30, 90, 365)


@dataclass(frozen=True, slots=True)
class Shown:
    """A link with how it is, in words."""

    link: MemberLink
    community: str
    open: bool
    tone: str
    word: str


def _shown(link: MemberLink, names: Mapping[int, str]) -> Shown:
    name = names.get(link.community_id, "")
    if link.revoked_at is not None:
        return Shown(link, name, False, "off", _("Revoked"))
    if link.expires_at <= clock.now():
        return Shown(link, name, False, "off", _("Expired"))
    if link.bound_hash:
        return Shown(link, name, True, "good", _("In use"))
    return Shown(link, name, True, "wait", _("Not opened yet"))


def _piece(request: StaffRequest, member_id: int, *, made: str = "", problem: str = "") -> HttpResponse:
    actor = request.actor
    names = {each.pk: each.name for each in community.visible_communities(actor)}
    links = [_shown(link, names) for link in selectors.links_of(actor, member_id)]
    context = {
        "member": selectors.member(actor, member_id),
        "links": links,
        "several": sum(each.open for each in links) > 1,
        "communities": selectors.communities_of(actor, member_id),
        "muted": member_id in selectors.muted([member_id]),
        "lasts": [(n, ngettext("%(count)d day", "%(count)d days", n) % {"count": n}) for n in LASTS],
        "made": request.build_absolute_uri(made) if made else "",
        "problem": problem,
    }
    response = render(request, "console/members/links_now.html", context)
    response["Cache-Control"] = "no-store"
    return response


def links(request: StaffRequest, member_id: int) -> HttpResponse:
    """The member's links; what is posted makes another, shown once."""
    if request.method != "POST":
        return _piece(request, member_id)
    where, days = request.POST.get("community", ""), request.POST.get("days", "30")
    try:
        made = actions.make_link(
            actor=request.actor,
            member_id=member_id,
            community_id=int(where) if where.isdecimal() else 0,
            expires_in=timedelta(days=int(days) if days.isdecimal() else 0),
        )
    except Invalid as error:
        return _piece(request, member_id, problem=str(error))
    return _piece(request, member_id, made=made)


@require_POST
def revoke(request: StaffRequest, member_id: int, link_id: int) -> HttpResponse:
    """One of them opens nothing any more."""
    actions.revoke_link(actor=request.actor, link_id=link_id)
    return _piece(request, member_id) if is_partial(request) else go(request, "console:member", member_id)


@require_POST
def revoke_all(request: StaffRequest, member_id: int) -> HttpResponse:
    """None of them opens anything any more."""
    actions.revoke_links(actor=request.actor, member_id=member_id)
    return _piece(request, member_id) if is_partial(request) else go(request, "console:member", member_id)


urlpatterns = [
    path("members/<int:member_id>/links/", links, name="member_links"),
    path("members/<int:member_id>/links/revoke/", revoke_all, name="member_links_revoke"),
    path("members/<int:member_id>/links/<int:link_id>/revoke/", revoke, name="member_link_revoke"),
]
