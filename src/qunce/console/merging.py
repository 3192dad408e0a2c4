"""Merging two members: whom, what it would look like, doing it, and taking them apart again."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound, QunceError
from qunce.kernel.htmx import go, page
from qunce.members import actions, selectors
from qunce.members.selectors import Identity, Member, Profile
from qunce.members.types import MemberFilter

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Side:
    """A member as the comparison shows them."""

    profile: Profile
    identities: Sequence[Identity]
    groups: Sequence[str]


def merge(request: StaffRequest, member_id: int) -> HttpResponse:
    """Whom to merge (``?text=``), then (``?with=``) how the one member would look; posting does it."""
    actor = request.actor
    person = selectors.member(actor, member_id, Permission.OPERATE)
    if request.method == "POST":
        return _merge(request, person)
    chosen = request.GET.get("with", "")
    if not chosen.isdecimal():
        return _choose(request, person)
    other = selectors.member(actor, int(chosen), Permission.OPERATE)
    if other.pk == person.pk:
        return go(request, "console:member", person.pk)
    sides = [_side(actor, each) for each in (person, other)]
    context = {
        "member": person,
        "other": other,
        "sides": sides,
        "one": selectors.preview(person, other),
        "identities": [identity for side in sides for identity in side.identities],
        "groups": sorted({name for side in sides for name in side.groups}),
    }
    return render(request, "console/members/merge.html", context)


def _choose(request: StaffRequest, person: Member) -> HttpResponse:
    """Whoever the search finds; without one, whoever may be the same."""
    text = request.GET.get("text", "").strip()
    if text:
        found, _key = selectors.find_members(request.actor, MemberFilter(text=text), Permission.OPERATE)
        others = [each for each in found[: SHOWN + 1] if each.pk != person.pk][:SHOWN]
    else:
        others = selectors.alike(request.actor, person)
    identities = selectors.identities(request.actor, [each.pk for each in others])
    context = {"member": person, "text": text, "others": [(each, identities.get(each.pk, [])) for each in others]}
    return page(request, "console/members/merge_choose.html", context, piece="console/members/merge_found.html")


def _side(actor: Actor, person: Member) -> Side:
    there = selectors.groups_now(actor, [person.pk]).get(person.pk, set())
    names = sorted(community.group_names(there).values())
    return Side(selectors.profile(person), selectors.identities(actor, [person.pk])[person.pk], names)


def _merge(request: StaffRequest, person: Member) -> HttpResponse:
    """``keep``: whose page and name stay."""
    chosen, keep = request.POST.get("with", ""), request.POST.get("keep", "")
    if not chosen.isdecimal():
        raise NotFound
    below, into = (person.pk, int(chosen)) if keep == chosen else (int(chosen), person.pk)
    try:
        actions.merge_members(actor=request.actor, member_id=below, into_id=into)
    except NotFound:
        raise
    except QunceError as error:
        messages.error(request, str(error))
        return go(request, "console:member", person.pk)
    return redirect(reverse("console:member", args=[into], query={"merged": below}))


@require_POST
def separate(request: StaffRequest, member_id: int) -> HttpResponse:
    """Take a member out of the one it was merged into."""
    try:
        apart = actions.separate_member(actor=request.actor, member_id=member_id)
    except NotFound:
        raise
    except QunceError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("%(name)s is a member of their own again, with what was theirs.") % {"name": apart.name}
        )
    return go(request, "console:member", member_id)


urlpatterns = [
    path("members/<int:member_id>/merge/", merge, name="member_merge"),
    path("members/<int:member_id>/separate/", separate, name="member_separate"),
]
