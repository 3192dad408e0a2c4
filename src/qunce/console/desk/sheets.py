"""Tables of rules: taken out, brought in, and looked at before anything changes."""

import csv
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qunce.console.context import StaffRequest
from qunce.console.desk.rules import wanted_rules
from qunce.desk import actions, selectors
from qunce.desk.selectors import Verdict
from qunce.desk.types import LARGEST_SHEET, MOST_LINES
from qunce.kernel import clock, files
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.words import sentences

_SALT = "desk.sheet"
MOST_SHOWN = 200


def export(request: StaffRequest) -> HttpResponse:
    """The rules as the list filters them; ``?template=1``: the headings alone. With Excel's mark of UTF-8."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    name = "keyword-replies-template" if "template" in request.GET else f"keyword-replies-{clock.now():%Y%m%d}"
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(answer)
    if "template" in request.GET:
        writer.writerow(selectors.header(2))
    else:
        writer.writerows(selectors.table(request.actor, wanted_rules(request)[0]))
    return answer


def bring_in(request: StaffRequest) -> HttpResponse:
    """Add a table; ``?sheet=``: what importing it would do, line by line."""
    if not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed
    context: dict[str, Any] = {"most": MOST_LINES, "size": LARGEST_SHEET >> 20}
    try:
        if request.method == "POST":
            return _taken(request)
        if "sheet" in request.GET:
            context |= _planned(request, request.GET["sheet"])
    except Invalid as error:
        context["error"] = error
    return render(request, "console/desk/import.html", context)


def _taken(request: StaffRequest) -> HttpResponse:
    upload = request.FILES.get("sheet")
    if upload is None:
        raise Invalid(_("There is no file."), fix=_("Choose the table that you saved."))
    name = upload.name or "rules.csv"
    key = actions.take_sheet(actor=request.actor, name=name, body=upload.read())
    return redirect(reverse("console:rule_import", query={"sheet": token_of(key, name)}))


def token_of(sha256: str, name: str) -> str:
    """A stored table as an address carries it."""
    return signing.dumps([sha256, name], salt=_SALT)


def _opened(token: str) -> tuple[str, bytes]:
    """The table that a token means, and its name."""
    try:
        sha256, name = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise NotFound from error
    with files.open_file(sha256) as opened:
        return name, opened.read()


def _planned(request: StaffRequest, token: str) -> dict[str, Any]:
    """What is shown of a plan: how many lines of each kind, all that are wrong, and some of the others."""
    name, body = _opened(token)
    plan = selectors.plan(request.actor, body)
    good, wrong = plan.of(Verdict.NEW, Verdict.CHANGED), plan.of(Verdict.WRONG)
    return {
        "token": token,
        "name": name,
        "plan": plan,
        "counts": {verdict.value: len(plan.of(verdict)) for verdict in Verdict},
        "good": len(good),
        "wrong": wrong[:MOST_SHOWN],
        "more_wrong": max(0, len(wrong) - MOST_SHOWN),
        "shown": good[:MOST_SHOWN],
        "more": max(0, len(good) - MOST_SHOWN),
    }


@require_POST
def import_rules(request: StaffRequest) -> HttpResponse:
    """Import the good lines of a table, as they were looked at."""
    token = request.POST.get("sheet", "")
    name, body = _opened(token)
    try:
        done = actions.import_rules(actor=request.actor, name=name, body=body, seen=request.POST.get("seen", ""))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
        return redirect(reverse("console:rule_import", query={"sheet": token}))
    made = ngettext("One rule is made.", "%(count)d rules are made.", done.made) % {"count": done.made}
    changed = ngettext("One is changed.", "%(count)d are changed.", done.changed) % {"count": done.changed}
    messages.success(request, sentences(made if done.made else "", changed if done.changed else ""))
    return redirect("console:keyword_replies")


urlpatterns = [
    path("keyword-replies/export.csv", export, name="rule_export"),
    path("keyword-replies/import/", bring_in, name="rule_import"),
    path("keyword-replies/import/done/", import_rules, name="rule_import_do"),
]
