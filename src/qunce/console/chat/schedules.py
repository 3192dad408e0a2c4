"""Planned broadcasts: when they go out, what became of them before, and calling them off."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.chat import actions, selectors
from qunce.chat.selectors import Schedule
from qunce.chat.selectors import schedules as planned
from qunce.console import approvals
from qunce.console.chat import words
from qunce.console.context import StaffRequest
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict
from qunce.kernel.htmx import go

LATEST = 20


def zone_of(row: Schedule) -> ZoneInfo:
    """By whose clock it goes out."""
    return ZoneInfo(planned.rhythm_of(row).zone)


def schedule(request: StaffRequest, schedule_id: int) -> HttpResponse:
    """One of them, with the broadcasts it has become so far."""
    row = planned.schedule(request.actor, schedule_id)
    sent = list(selectors.visible_broadcasts(request.actor).filter(schedule=row)[:LATEST])
    context = {
        "schedule": row,
        "zone": zone_of(row),
        "said": words.rhythm(planned.rhythm_of(row)),
        "manner": planned.manner_of(row),
        "sent": sent,
        "missed_why": words.told(row.missed_why),
        "asked": approvals.asked(request.actor, row.consent_asked),
        "may_operate": all(request.actor.may(Permission.OPERATE, key) for key in row.community_ids),
    }
    return render(request, "console/chat/schedule.html", context)


@require_POST
def cancel(request: StaffRequest, schedule_id: int) -> HttpResponse:
    """Nothing more of it goes out."""
    try:
        actions.cancel_schedule(actor=request.actor, schedule_id=schedule_id)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It was called off."))
    return go(request, "console:schedule", schedule_id)


urlpatterns = [
    path("broadcasts/planned/<int:schedule_id>/", schedule, name="schedule"),
    path("broadcasts/planned/<int:schedule_id>/cancel/", cancel, name="schedule_cancel"),
]
