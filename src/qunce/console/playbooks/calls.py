"""Who has answered a call to action of a run, and polite reminders for those who have not."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qunce.console.chat import words as chat_words
from qunce.console.context import StaffRequest
from qunce.console.playbooks import words
from qunce.console.playbooks.grid import name_of
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.htmx import go, page
from qunce.playbooks import selectors
from qunce.playbooks.actions.calls import chase_call
from qunce.playbooks.policies import editing
from qunce.playbooks.selectors.calls import calls_of

PER_PAGE = 50


def call(request: StaffRequest, run_id: int, step_id: str) -> HttpResponse:
    """Group by group; posted, the groups that were ticked are reminded."""
    row = selectors.run(request.actor, run_id)
    document = selectors.document_of(row.version)
    step = editing.found(document, step_id)
    if step is None:
        raise NotFound
    text, objection = request.POST.get("text", ""), ""
    if request.method == "POST":
        ids = None if "all" in request.POST else [int(key) for key in request.POST.getlist("ids") if key.isdecimal()]
        selectors.run(request.actor, run_id, Permission.OPERATE)
        try:
            count = chase_call(actor=request.actor, run_id=row.pk, step=step_id, text=text, group_ids=ids)
        except (Invalid, Conflict) as error:
            objection = str(error)
        else:
            said = ngettext("%(count)d group is reminded.", "%(count)d groups are reminded.", count)
            messages.success(request, said % {"count": count})
            return go(request, reverse("console:run_call", args=[row.pk, step_id]))
    views = calls_of(request.actor, row.pk, step=step_id)
    listed = Paginator(views, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "run": row,
        "title": words.in_language(document.title) or row.playbook.key,
        "asked_what": name_of(step),
        "page": listed,
        "views": [(view, chat_words.told(view.obstacle)) for view in listed],
        "asked": sum(view.asked for view in views),
        "answered": sum(len(view.answers) for view in views),
        "text": text or _("A friendly reminder: whoever has not answered yet, please do. Thank you!"),
        "objection": objection,
        "may_operate": all(request.actor.may(Permission.OPERATE, key) for key in row.community_ids),
    }
    return page(request, "console/playbooks/call.html", context, piece="console/playbooks/call_rows.html")
