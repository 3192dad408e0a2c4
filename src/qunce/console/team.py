"""Staff: who works here, with which role where, and how they get in."""

from typing import cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.kernel import audit, paging
from qunce.kernel.actor import Actor, Permission, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.kernel.htmx import go, page
from qunce.team import actions, selectors
from qunce.team.selectors import Colleague
from qunce.team.types import Standing

ROLES: dict[Role, tuple[str | Promise, str | Promise]] = {
    Role.OWNER: (gettext_lazy("Owner"), gettext_lazy("Decides everything, gives roles")),
    Role.LEAD: (gettext_lazy("Lead"), gettext_lazy("Shapes the community, sees who decided what")),
    Role.OPERATOR: (gettext_lazy("Operator"), gettext_lazy("Runs groups, broadcasts and keyword replies")),
    Role.SERVICE: (gettext_lazy("Service agent"), gettext_lazy("Answers questions")),
    Role.VIEWER: (gettext_lazy("Viewer"), gettext_lazy("Looks, changes nothing")),
}
STANDINGS: dict[Standing, tuple[str, str | Promise]] = {
    Standing.INVITED: ("wait", gettext_lazy("Invited")),
    Standing.ACTIVE: ("good", gettext_lazy("Active")),
    Standing.DEACTIVATED: ("off", gettext_lazy("Deactivated")),
}
EVERYWHERE = "all"


class RoleForm(forms.Form):
    """A role in one place that the actor owns; ``where`` is a community's id or all of them."""

    where = forms.ChoiceField(label=gettext_lazy("Where"))
    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: object, actor: Actor, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        owned = community.visible_communities(actor, Permission.ADMINISTER).values_list("pk", "name")
        everywhere = [(EVERYWHERE, _("Everywhere"))]
        choices = [*(everywhere if actor.may(Permission.ADMINISTER) else []), *owned]
        self.fields["where"].choices = choices  # type: ignore[attr-defined]
        self.fields["role"].choices = [(role, f"{title}: {what}") for role, (title, what) in ROLES.items()]  # type: ignore[attr-defined]

    def roles(self) -> dict[int | None, Role]:
        """The one role, as actions take it."""
        where = self.cleaned_data["where"]
        return {None if where == EVERYWHERE else int(where): Role(self.cleaned_data["role"])}


class InviteForm(RoleForm):
    """Somebody new."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), help_text=gettext_lazy("What the person signs in with.")
    )
    field_order = ("name", "email", "where", "role")


def _names(actor: Actor) -> dict[int | None, str]:
    """What the places of grants are called, archived communities too."""
    named: dict[int | None, str] = {None: _("Everywhere")}
    for archived in (False, True):
        named |= dict(community.visible_communities(actor, archived=archived).values_list("pk", "name"))
    return named


def _shown(colleague: Colleague, names: dict[int | None, str]) -> dict[str, object]:
    return {
        "staff": colleague.staff,
        "tone": STANDINGS[colleague.standing][0],
        "standing": STANDINGS[colleague.standing][1],
        "colleague": colleague,
        "roles": [
            {
                "where": names.get(grant.community_id, ""),
                "key": EVERYWHERE if grant.community_id is None else grant.community_id,
                "title": ROLES[Role(grant.role)][0],
                "role": grant.role,
            }
            for grant in colleague.grants
        ],
    }


def _require_lead(request: StaffRequest) -> None:
    if not request.actor.may_anywhere(Permission.LEAD):
        raise NotAllowed


def staff(request: StaffRequest) -> HttpResponse:
    """The people one works with."""
    _require_lead(request)
    search = request.GET.get("q", "").strip()
    found = selectors.colleagues(request.actor, search=search)
    names = _names(request.actor)
    active = sum(colleague.standing is Standing.ACTIVE for colleague in found)
    context = {
        "people": [_shown(colleague, names) for colleague in found],
        "search": search,
        "may_invite": request.actor.may_anywhere(Permission.ADMINISTER),
        "heading": ngettext("%(count)d person works here", "%(count)d people work here", active) % {"count": active},
        "unsecured": sum(c.standing is Standing.ACTIVE and not c.second_factor for c in found),
    }
    return page(request, "console/team/list.html", context, piece="console/team/rows.html")


def invite(request: StaffRequest) -> HttpResponse:
    """Take somebody in; the link to hand over is on the page that follows."""
    if not request.actor.may_anywhere(Permission.ADMINISTER):
        raise NotAllowed
    form = InviteForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            invitation = actions.invite_staff(
                actor=request.actor,
                name=form.cleaned_data["name"],
                email=form.cleaned_data["email"],
                roles=form.roles(),
                language=get_language() or "",
            )
            if invitation.mailed:
                messages.success(request, _("The invitation is on its way by mail."))
            return _hand_over(request, invitation.staff_id, invitation.path)
    return render(request, "console/team/invite.html", {"form": form})


def _hand_over(request: StaffRequest, staff_id: int, link: str) -> HttpResponse:
    """Show a fresh link on the person's page, once."""
    if link:
        request.session["link"] = {"staff": staff_id, "path": link}
    else:
        messages.success(request, _("This person is in the team already and has the role now."))
    return go(request, "console:colleague", staff_id)


def _take_link(request: StaffRequest, staff_id: int) -> str:
    kept = request.session.get("link", {})
    if kept.get("staff") != staff_id:
        return ""
    del request.session["link"]
    return request.build_absolute_uri(cast("str", kept["path"]))


def colleague(request: StaffRequest, staff_id: int) -> HttpResponse:
    """One person: roles, sign-in, and what was decided about them."""
    _require_lead(request)
    found = selectors.colleague(request.actor, staff_id)
    about = audit.Wanted(about=("staff", str(staff_id)))
    lately = paging.by_key(audit.visible_to(request.actor, about), size=8)
    names = _names(request.actor)
    context = {
        **_shown(found, names),
        "link": _take_link(request, staff_id),
        "form": RoleForm(actor=request.actor) if request.actor.may_anywhere(Permission.ADMINISTER) else None,
        "owned": {where for where in names if request.actor.may(Permission.ADMINISTER, where)},
        "lately": [(entry, audit.say(entry)) for entry in lately],
        "me": staff_id == request.actor.id,
    }
    for role in cast("list[dict[str, object]]", context["roles"]):
        where = None if role["key"] == EVERYWHERE else cast("int", role["key"])
        role["owned"] = request.actor.may(Permission.ADMINISTER, where)
    return render(request, "console/team/detail.html", context)


@require_POST
def roles(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Give, change or (``role`` empty) take one role."""
    where, role = request.POST.get("where", ""), request.POST.get("role", "")
    if role and role not in set(Role):
        raise Invalid(_("There is no such role."))
    if where != EVERYWHERE and not where.isdecimal():
        raise Invalid(_("Choose where."))
    place = None if where == EVERYWHERE else int(where)
    try:
        actions.change_roles(actor=request.actor, staff_id=staff_id, roles={place: Role(role) if role else None})
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The role is changed."))
    visible = selectors.visible_staff(request.actor).filter(pk=staff_id).exists()
    return go(request, "console:colleague", staff_id) if visible else go(request, "console:staff")


@require_POST
def deactivate(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Let somebody in no more."""
    try:
        actions.deactivate_staff(actor=request.actor, staff_id=staff_id)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Deactivated: every session has ended."))
    return go(request, "console:colleague", staff_id)


@require_POST
def reactivate(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Let somebody in again."""
    actions.reactivate_staff(actor=request.actor, staff_id=staff_id)
    messages.success(request, _("Reactivated, with the roles from before."))
    return go(request, "console:colleague", staff_id)


@require_POST
def new_link(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Make a new sign-in link."""
    return _hand_over(request, staff_id, actions.renew_sign_in_link(actor=request.actor, staff_id=staff_id))


@require_POST
def no_second_factor(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Help somebody whose phone is lost."""
    actions.remove_second_factor(actor=request.actor, staff_id=staff_id)
    messages.success(request, _("The second factor is removed."))
    return go(request, "console:colleague", staff_id)


urlpatterns = [
    path("staff/", staff, name="staff"),
    path("staff/invite/", invite, name="staff_invite"),
    path("staff/<int:staff_id>/", colleague, name="colleague"),
    path("staff/<int:staff_id>/roles/", roles, name="staff_roles"),
    path("staff/<int:staff_id>/deactivate/", deactivate, name="staff_deactivate"),
    path("staff/<int:staff_id>/reactivate/", reactivate, name="staff_reactivate"),
    path("staff/<int:staff_id>/link/", new_link, name="staff_link"),
    path("staff/<int:staff_id>/second-factor/", no_second_factor, name="staff_second_factor"),
]
