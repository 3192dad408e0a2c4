"""The early warning: by which model groups are warned of, what it is worth, and whether another one is better."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from qunce.console.context import StaffRequest
from qunce.insights.actions import foresight as actions
from qunce.insights.policies.warning import BUILT_IN, RULES
from qunce.insights.selectors import warnings
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.htmx import go


@require_GET
def warning(request: StaffRequest) -> HttpResponse:
    """What is in force, how it compares, and what was measured."""
    rows = warnings.measurements(request.actor)
    adopted = next((row for row in rows if row.in_force), None)
    latest = rows[0] if rows else None
    weights = warnings.weights_of(adopted) if adopted else BUILT_IN
    other = warnings.weights_of(latest) if latest and latest is not adopted else None
    return render(
        request,
        "console/insights/warning.html",
        {
            "adopted": adopted,
            "latest": latest,
            "rows": rows,
            "may_lead": request.actor.may(Permission.LEAD),
            "rules": [
                (
                    _(rule.sentence) % {"now": "…"},
                    round(weights.points.get(rule.key, 0.0), 2),
                    None if other is None else round(other.points.get(rule.key, 0.0), 2),
                )
                for rule in RULES
            ],
            "compared": other is not None,
        },
    )


@require_POST
def measure(request: StaffRequest) -> HttpResponse:
    """Have one fitted and measured."""
    actions.ask_to_measure(actor=request.actor)
    messages.success(
        request, _("It is being measured; that takes a minute with many groups. This page shows it by itself.")
    )
    return go(request, "console:warning")


@require_POST
def adopt(request: StaffRequest, model_id: int) -> HttpResponse:
    """Warn by it from now on."""
    try:
        actions.adopt(actor=request.actor, model_id=model_id)
        messages.success(request, _("Adopted. Lists of groups follow at the next assessment."))
    except Invalid as error:
        messages.error(request, str(error))
    return go(request, "console:warning")


@require_POST
def built_in(request: StaffRequest) -> HttpResponse:
    """Warn by the built-in rules again."""
    actions.back_to_built_in(actor=request.actor)
    messages.success(request, _("The built-in rules are in force again."))
    return go(request, "console:warning")
