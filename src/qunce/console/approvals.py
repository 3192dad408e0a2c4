"""Approvals and alerts: what waits for a yes or no, and what goes wrong by itself."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.console.live import topic
from qunce.console.tasks import tabs
from qunce.console.team import ROLES
from qunce.kernel.actor import PERMISSIONS, Actor, Permission, Role
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.htmx import go, page
from qunce.team import actions, selectors
from qunce.team.selectors import Alert, Approval
from qunce.team.types import ApprovalState, Severity

LATEST = 30
STATES: dict[ApprovalState, tuple[str, str | Promise]] = {
    ApprovalState.WAITING: ("wait", gettext_lazy("Waits")),
    ApprovalState.APPROVED: ("good", gettext_lazy("Approved")),
    ApprovalState.DECLINED: ("bad", gettext_lazy("Declined")),
    ApprovalState.EXPIRED: ("off", gettext_lazy("Nobody decided")),
    ApprovalState.WITHDRAWN: ("off", gettext_lazy("Taken back")),
}
SEVERITIES: dict[Severity, tuple[str, str | Promise]] = {
    Severity.BROKEN: ("bad", gettext_lazy("Broken")),
    Severity.WARNING: ("wait", gettext_lazy("Warning")),
}


@topic("approvals")
@topic("alerts")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that one of these has changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


# ---------------------------------------------------------------- approvals
class RoleRequest(forms.Form):
    """A role that one would like to have."""

    community = forms.TypedChoiceField(label=gettext_lazy("Community"), coerce=int)
    role = forms.TypedChoiceField(label=gettext_lazy("Role"), coerce=Role)
    reason = forms.CharField(
        label=gettext_lazy("Why"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args: object, actor: Actor, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["community"].choices = _requestable(actor)  # type: ignore[attr-defined]
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role, f"{title}: {what}") for role, (title, what) in ROLES.items() if role is not Role.VIEWER
        ]


def _requestable(actor: Actor) -> list[tuple[int, str]]:
    """Communities in which there is a role above the actor's own."""
    places = community.visible_communities(actor).values_list("pk", "name")
    top = PERMISSIONS[Role.OWNER]
    return [(key, name) for key, name in places if not all(actor.may(each, key) for each in top)]


@dataclass(frozen=True, slots=True)
class Shown:
    """An approval as a page shows it."""

    approval: Approval
    sentence: str
    tone: str
    state: str | Promise
    may_decide: bool
    alone: bool
    own: bool


def shown(actor: Actor, approval: Approval) -> Shown:
    """It in words, with what this actor may do about it."""
    tone, word = STATES[ApprovalState(approval.state)]
    own = approval.asked_by is not None and approval.asked_by == actor.id
    waits = approval.state == ApprovalState.WAITING
    return Shown(
        approval,
        _(approval.sentence) % approval.params,
        tone,
        word,
        may_decide=waits and selectors.may_decide(actor, approval),
        alone=waits and own and selectors.is_alone(approval),
        own=own,
    )


def asked(actor: Actor, approval_id: int | None) -> Shown | None:
    """What was asked about something that waits, as far as this actor sees it."""
    try:
        return shown(actor, selectors.one_approval(actor, approval_id)) if approval_id is not None else None
    except NotFound:
        return None


def approvals(request: StaffRequest) -> HttpResponse:
    """What waits for a decision, and what was decided lately."""
    return _approvals(request, RoleRequest(actor=request.actor))


def _approvals(request: StaffRequest, form: RoleRequest) -> HttpResponse:
    actor = request.actor
    context = {
        "waiting": [shown(actor, each) for each in selectors.visible_approvals(actor)],
        "decided": [shown(actor, each) for each in selectors.visible_approvals(actor, waiting=False)[:LATEST]],
        "form": form if _requestable(actor) else None,
        "names": dict(community.visible_communities(actor).values_list("pk", "name")),
        **tabs(actor, "approvals"),
    }
    return page(request, "console/team/approvals.html", context, piece="console/team/approvals_list.html")


@require_POST
def decide(request: StaffRequest, approval_id: int) -> HttpResponse:
    """Say yes (``verdict`` is ``yes``) or no."""
    approve = request.POST.get("verdict") == "yes"
    then = selectors.one_approval(request.actor, approval_id).url
    try:
        actions.decide_approval(
            actor=request.actor, approval_id=approval_id, approve=approve, reason=request.POST.get("reason", "")
        )
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Approved.") if approve else _("Declined."))
    return go(request, then or "console:approvals")


@require_POST
def withdraw(request: StaffRequest, approval_id: int) -> HttpResponse:
    """Take back what one asked for."""
    then = actions.withdraw_approval(actor=request.actor, approval_id=approval_id).url
    messages.success(request, _("Taken back."))
    return go(request, then or "console:approvals")


@require_POST
def request_role(request: StaffRequest) -> HttpResponse:
    """Ask the owners of a community for a role."""
    form = RoleRequest(request.POST, actor=request.actor)
    if form.is_valid():
        given = form.cleaned_data
        with errors_in(form):
            actions.request_role(
                actor=request.actor, community_id=given["community"], role=given["role"], reason=given["reason"]
            )
            messages.success(request, _("Asked. You are told what the owners decide."))
            return go(request, "console:approvals")
    return _approvals(request, form)


# ---------------------------------------------------------------- alerts
def alerts(request: StaffRequest) -> HttpResponse:
    """What goes wrong now, and what has ended lately."""
    actor = request.actor
    context = {
        "lasting": [_alert(each) for each in selectors.visible_alerts(actor)],
        "over": [_alert(each) for each in selectors.visible_alerts(actor, resolved=True)[:LATEST]],
        **tabs(actor, "alerts"),
    }
    return page(request, "console/team/alerts.html", context, piece="console/team/alerts_list.html")


def _alert(alert: Alert) -> dict[str, object]:
    tone, word = SEVERITIES[Severity(alert.severity)]
    return {"alert": alert, "sentence": _(alert.sentence) % alert.params, "tone": tone, "severity": word}


@require_POST
def acknowledge(request: StaffRequest, alert_id: int) -> HttpResponse:
    """Say that one looks after it."""
    actions.acknowledge_alert(actor=request.actor, alert_id=alert_id)
    messages.success(request, _("The others see that you look after it."))
    return go(request, "console:alerts")


urlpatterns = [
    path("approvals/", approvals, name="approvals"),
    path("approvals/role/", request_role, name="role_request"),
    path("approvals/<int:approval_id>/decide/", decide, name="approval_decide"),
    path("approvals/<int:approval_id>/withdraw/", withdraw, name="approval_withdraw"),
    path("alerts/", alerts, name="alerts"),
    path("alerts/<int:alert_id>/acknowledge/", acknowledge, name="alert_acknowledge"),
]
