"""Core members: who keeps in touch with each of them, and who waits for a word."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qunce.chat.selectors import care
from qunce.console.context import StaffRequest
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.members import policies
from qunce.members import selectors as members
from qunce.team import selectors as team


def _staff(actor: Actor) -> set[int]:
    """Whose naming counts: those who still work where the actor sees."""
    return {staff.pk for staff in team.who_may(Permission.REPLY, seen_by=actor)}


def core(request: StaffRequest) -> HttpResponse:
    """Core members, those who wait longest first: mine, or (``?whose=all``) everybody's."""
    actor, everybody = request.actor, request.GET.get("whose") == "all"
    found = care.core_members(actor, active_staff=_staff(actor), staff_id=None if everybody else actor.id)
    steps = members.next_steps(actor, actor.id) if actor.id is not None and not everybody else []
    overdue = sum(each.is_overdue for each in found)
    if overdue:
        said = ngettext("%(count)d core member waits for a word", "%(count)d core members wait for a word", overdue)
        heading = said % {"count": overdue}
    else:
        heading = _("Core members")
    context = {
        "found": found,
        "steps": steps,
        "today": _today(request),
        "heading": heading,
        "everybody": everybody,
        "days": policies.OVERDUE.days,
        "look_back": care.LOOK_BACK,
    }
    return render(request, "console/members/core.html", context)


def _today(request: StaffRequest) -> date:
    return clock.now().astimezone(request.zone).date()


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for this person: their core members, core members for whom nobody is named, steps that are due."""

    mine: int = 0
    unnamed: int = 0
    due: int = 0


def waits(actor: Actor) -> Waits:
    """For the lines of Today."""
    if actor.id is None:
        return Waits()
    found = care.core_members(actor, active_staff=_staff(actor), days=policies.OVERDUE.days)
    overdue = [each.profile.named for each in found if each.is_overdue]
    today = clock.now().date()
    steps = [each.step for each in members.next_steps(actor, actor.id)]
    return Waits(
        sum(named is not None and named.id == actor.id for named in overdue),
        sum(not each.is_named for each in found) if actor.may_anywhere(Permission.OPERATE) else 0,
        sum(bool(step and step.due and step.due <= today) for step in steps),
    )


urlpatterns = [path("members/core/", core, name="core_members")]
