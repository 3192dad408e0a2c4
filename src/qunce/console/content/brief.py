"""One brief: its lines in order, what each platform shows of it, approving it; afterwards what was followed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from qunce.chat.selectors import messages as said
from qunce.community import selectors as community
from qunce.console.content import brief_words as words
from qunce.console.context import StaffRequest
from qunce.console.filters import number
from qunce.console.inbox import EPOCH, MICROSECOND
from qunce.content import actions, selectors
from qunce.content.policies.briefs import shortened, template
from qunce.content.selectors import Brief
from qunce.content.selectors.feeds import last_days
from qunce.content.types import BriefState, Candidate, Line
from qunce.kernel import clock
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound, QunceError
from qunce.kernel.htmx import go, page

MOST_OFFERED = 15


def brief(request: StaffRequest, brief_id: int) -> HttpResponse:
    """Edit it, and approve it; who may not reads along."""
    row = selectors.brief(request.actor, brief_id)
    if request.method != "POST":
        return _shown(request, row, selectors.lines_of(row), {"header": row.header, "footer": row.footer})
    lines, entered = _entered(request, row)
    try:
        changed = actions.edit_brief(
            actor=request.actor,
            brief_id=brief_id,
            edition=number(request.POST.get("edition", "")) or 0,
            lines=[(line.key, line.title, line.text) for line in lines],
            **entered,
        )
        if request.POST.get("step") == "approve":
            actions.approve_brief(actor=request.actor, brief_id=brief_id, edition=changed.edition)
            messages.success(request, _("Approved: it goes out at its hour."))
        else:
            messages.success(request, _("Saved."))
    except (Invalid, Conflict) as error:
        return _shown(request, row, lines, entered, error)
    return go(request, "console:brief", brief_id)


def _entered(request: StaffRequest, row: Brief) -> tuple[list[Line], dict[str, str]]:
    """What was typed, as far as its lines are known."""
    known = {line.key: line for line in selectors.lines_of(row)}
    given = [request.POST.getlist(name) for name in ("key", "title", "text")]
    lines = [
        known.get(key, Line(key=key, title="")).model_copy(
            update={"title": title, "text": text.replace("\r\n", "\n")}
        )
        for key, title, text in zip(*given, strict=False)
    ]
    return lines, {name: request.POST.get(name, "").replace("\r\n", "\n") for name in ("header", "footer")}


def _shown(
    request: StaffRequest, row: Brief, lines: Sequence[Line], entered: dict[str, str], error: QunceError | None = None
) -> HttpResponse:
    plan = selectors.plan_of(row)
    editable = row.state in {BriefState.OPEN, BriefState.APPROVED}
    mine = request.actor.may(Permission.OPERATE, row.community_id)
    clicks = selectors.clicks([row]).get(row.broadcast_id or 0)
    context: dict[str, Any] = {
        "brief": row,
        "plan": plan,
        "zone": ZoneInfo(row.community.zone),
        "lines": [(line, clicks.get(line.url) if clicks is not None else None) for line in lines],
        **entered,
        "error": error,
        "state": words.STATES[row.state],
        "why": words.why(row),
        "edits": editable and mine,
        "may_operate": mine,
        "offered": _offered(row, lines) if editable and mine else (),
        "items": selectors.visible_items(request.actor).filter(published__isnull=False)[:30] if mine else (),
        "otherwise": words.otherwise(row, plan),
        "night": words.nights([(row.community, plan.at)]).get((row.community_id, plan.at), ""),
        "back_in_time": row.state == BriefState.SKIPPED and row.send_at > clock.now(),
    }
    return page(request, "console/content/brief.html", context)


def _offered(row: Brief, lines: Sequence[Line]) -> list[Candidate]:
    """The latest entries that are not in it."""
    there = {line.key for line in lines}
    plan = selectors.plan_of(row)
    found = selectors.candidates(row.community_id, selectors.weights_of(plan), last_days(clock.now()))
    return [each for each in found if f"entry:{each.id}" not in there][:MOST_OFFERED]


@require_POST
def phones(request: StaffRequest, brief_id: int) -> HttpResponse:
    """What each platform shows of what is typed, while it is being typed."""
    row = selectors.brief(request.actor, brief_id, Permission.OPERATE)
    lines, entered = _entered(request, row)
    text = template(entered["header"], lines, entered["footer"])
    context: dict[str, object] = {"length": len(text)}
    if text.strip():
        try:
            context["phones"] = selectors.phones(request.actor, selectors.plan_of(row), text, row.send_at)
        except QunceError as error:
            context["objection"] = error
    return render(request, "console/content/brief_phones.html", context)


@require_POST
def add(request: StaffRequest, brief_id: int) -> HttpResponse:
    """Add an entry of a feed (``entry``), an item of the library (``item``), or a line of one's own."""
    try:
        actions.add_line(actor=request.actor, brief_id=brief_id, line=_line(request))
    except (Invalid, Conflict) as error:
        messages.error(request, str(error))
    return go(request, "console:brief", brief_id)


def _line(request: StaffRequest) -> Line:
    """The line that a form asks for. Raises Invalid, NotFound."""
    if entry_id := number(request.POST.get("entry", "")):
        return actions.entry_line(actor=request.actor, entry_id=entry_id)
    if item_id := number(request.POST.get("item", "")):
        return actions.item_line(actor=request.actor, item_id=item_id)
    given = {name: request.POST.get(name, "") for name in ("title", "text", "url", "source")}
    return actions.own_line(**given)


@require_POST
def decide(request: StaffRequest, brief_id: int, verb: str) -> HttpResponse:
    """``unapprove``, ``leave-out`` with a reason, ``take-in`` again."""
    if verb == "unapprove":
        actions.take_approval_back(actor=request.actor, brief_id=brief_id)
    elif verb == "leave-out":
        actions.leave_out(actor=request.actor, brief_id=brief_id, reason=request.POST.get("reason", ""))
    elif verb == "take-in":
        actions.take_in_again(actor=request.actor, brief_id=brief_id)
    else:
        raise NotFound
    messages.success(request, _("Saved."))
    return go(request, "console:brief", brief_id)


# ---------------------------------------------------------------- picking
@require_GET
def offer(request: StaffRequest) -> HttpResponse:
    """What somebody wants in the next brief: ``?entry=``, or a message by ``?group=&at=&message=``."""
    plans = selectors.visible_plans(request.actor, Permission.REPLY)
    context: dict[str, object] = {"entry": request.GET.get("entry", ""), "title": "", "text": ""}
    if entry_id := number(request.GET.get("entry", "")):
        line = actions.entry_line(actor=request.actor, entry_id=entry_id)
        context |= {"title": line.title, "text": line.text}
    elif key := message_key(request):
        found = said.message(request.actor, key, Permission.REPLY)
        (line_of,) = said.lines([found])
        plans = plans.filter(community=_home(request, key[0]))
        context |= {"title": shortened(found.text), "source": line_of.who.name}
    return page(request, "console/content/pick.html", {**context, "plans": plans})


def _home(request: StaffRequest, group_id: int) -> int | None:
    return community.group(request.actor, group_id, Permission.REPLY).community_id


def message_key(request: StaffRequest) -> said.Key | None:
    """The message that an address or form names, if it does."""
    given = request.POST if request.method == "POST" else request.GET
    group_id, at = number(given.get("group", "")), number(given.get("at", ""))
    try:
        return (group_id, EPOCH + at * MICROSECOND, UUID(given.get("message", ""))) if group_id and at else None
    except (ValueError, OverflowError):
        raise NotFound from None


@require_POST
def pick(request: StaffRequest) -> HttpResponse:
    """Want it in the next brief of a plan."""
    plan_id = number(request.POST.get("plan", ""))
    if plan_id is None:
        raise Invalid(_("Choose a brief."), field="plan")
    made = actions.pick(actor=request.actor, plan_id=plan_id, line=_line(request))
    if made.brief_id:
        messages.success(request, _("It is in the brief that can be edited now."))
    else:
        messages.success(request, _("It waits for the next brief."))
    back = request.POST.get("back", "")
    return go(request, back if back == reverse("console:feeds") else "console:briefs")


urlpatterns = [
    path("content/briefs/<int:brief_id>/", brief, name="brief"),
    path("content/briefs/<int:brief_id>/phones/", phones, name="brief_phones"),
    path("content/briefs/<int:brief_id>/add/", add, name="brief_add"),
    path("content/briefs/<int:brief_id>/<slug:verb>/", decide, name="brief_decide"),
    path("content/briefs/pick/", offer, name="brief_offer"),
    path("content/briefs/pick/now/", pick, name="brief_pick"),
]
