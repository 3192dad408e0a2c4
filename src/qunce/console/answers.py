"""Who has answered a call to action, who has not, and reminding them politely."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qunce.chat import actions, policies, selectors
from qunce.chat.actions.answers import LONGEST_REMINDER
from qunce.chat.selectors.answers import Called, answers, reminder
from qunce.console.chat import words
from qunce.console.context import StaffRequest
from qunce.console.spreadsheet import spreadsheet
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.kernel.htmx import page
from qunce.members.actions import record_export

PER_PAGE = 50
PREVIEWED = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One group, with why it cannot be reminded in words."""

    called: Called
    obstacle: str


def _asked(request: StaffRequest) -> str:
    given = request.POST if request.method == "POST" else request.GET
    return given.get("keyword", "").strip()


def who_answered(request: StaffRequest, broadcast_id: int) -> HttpResponse:
    """Group by group; ``?keyword=``: only what contains it counts."""
    row, keyword = selectors.broadcast(request.actor, broadcast_id), _asked(request)
    found = answers(request.actor, broadcast_id, keyword=keyword)
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    silent, asked = sum(len(each.silent) for each in found), sum(each.asked for each in found)
    said = ngettext("%(silent)d of %(asked)d has not answered", "%(silent)d of %(asked)d have not answered", asked)
    context = {
        "broadcast": row,
        "keyword": keyword,
        "page": shown,
        "rows": [Row(each, words.told(each.obstacle)) for each in shown.object_list],
        "counted": said % {"silent": silent, "asked": asked} if asked else "",
        "able": sum(not each.obstacle for each in found),
        "most_named": policies.MOST_NAMED,
        "may_export": all(request.actor.may(Permission.LEAD, key) for key in row.community_ids),
        "query": request.GET.urlencode(),
    }
    return page(request, "console/members/answers.html", context, piece="console/members/answers_rows.html")


@require_POST
def chase(request: StaffRequest, broadcast_id: int) -> HttpResponse:
    """First what each group would get; ``step=send`` sends it."""
    row, keyword = selectors.broadcast(request.actor, broadcast_id, Permission.OPERATE), _asked(request)
    ids = [int(key) for key in request.POST.getlist("ids") if key.isdecimal()]
    text = request.POST.get("text") or _("A friendly reminder: whoever has not answered yet, please do. Thank you!")
    back = reverse("console:broadcast_answers", args=[row.pk], query={"keyword": keyword} if keyword else None)
    error = ""
    if request.POST.get("step") == "send":
        try:
            count = actions.chase(actor=request.actor, broadcast_id=row.pk, group_ids=ids, text=text, keyword=keyword)
        except (Invalid, Conflict) as problem:
            error = str(problem)
        else:
            said = ngettext("%(count)d group is reminded.", "%(count)d groups are reminded.", count)
            messages.success(request, said % {"count": count})
            return redirect(back)
    able = [each for each in answers(request.actor, row.pk, keyword=keyword, group_ids=ids) if not each.obstacle]
    if not able and not error:
        messages.warning(request, _("None of these groups can be reminded now."))
        return redirect(back)
    context = {
        "broadcast": row,
        "keyword": keyword,
        "text": text,
        "error": error,
        "able": able,
        "back": back,
        "longest": LONGEST_REMINDER,
        "most_named": policies.MOST_NAMED,
        "previews": [(each.group, reminder(each, text).plain) for each in able[:PREVIEWED]],
        "more": max(0, len(able) - PREVIEWED),
    }
    return render(request, "console/members/chase.html", context)


def answers_csv(request: StaffRequest, broadcast_id: int) -> HttpResponseBase:
    """Who has not answered, as a file; who took it is written down."""
    row, keyword = selectors.broadcast(request.actor, broadcast_id), _asked(request)
    for community_id in row.community_ids:
        request.actor.require(Permission.LEAD, community_id)
    if not row.community_ids:
        raise NotAllowed(permission=Permission.LEAD)
    found = answers(request.actor, broadcast_id, keyword=keyword)
    count = sum(len(each.silent) for each in found)
    record_export(actor=request.actor, count_at_least=count, what=row.title)
    portions = [_cells(each) for each in found if each.silent]
    return spreadsheet(f"not-answered-{row.pk}", [_("Group"), _("Name"), _("Platform"), _("Id there")], portions)


def _cells(called: Called) -> Sequence[Sequence[str]]:
    return [[called.group.name, each.name, each.platform, each.external_id] for each in called.silent]


urlpatterns = [
    path("broadcasts/<int:broadcast_id>/answers/", who_answered, name="broadcast_answers"),
    path("broadcasts/<int:broadcast_id>/answers.csv", answers_csv, name="broadcast_answers_csv"),
    path("broadcasts/<int:broadcast_id>/answers/chase/", chase, name="broadcast_chase"),
]
