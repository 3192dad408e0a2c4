"""The library as a file: taken out, brought in, and looked at before anything changes."""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qunce.console.content.library import wanted_from
from qunce.console.context import StaffRequest
from qunce.content import actions, selectors
from qunce.content.types.exchange import LARGEST_ARCHIVE, Verdict
from qunce.kernel import clock, files
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.words import sentences

_SALT = "content.archive"
MOST_SHOWN = 200


def export(request: StaffRequest) -> HttpResponse:
    """The items as the list filters them, with their files, in a zip."""
    try:
        body = selectors.archive(request.actor, wanted_from(request))
    except Invalid as error:
        messages.error(request, str(error))
        return redirect("console:library")
    answer = HttpResponse(body, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="library-{clock.now():%Y%m%d}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer


def bring_in(request: StaffRequest) -> HttpResponse:
    """Add an archive; ``?archive=``: what importing it would do, line by line."""
    if not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)
    context: dict[str, Any] = {"size": LARGEST_ARCHIVE >> 20}
    try:
        if request.method == "POST":
            return _taken(request)
        if "archive" in request.GET:
            context |= _planned(request, request.GET["archive"])
    except Invalid as error:
        context["error"] = error
    return render(request, "console/content/import.html", context)


def _taken(request: StaffRequest) -> HttpResponse:
    upload = request.FILES.get("archive")
    if upload is None:
        raise Invalid(_("There is no file."), fix=_("Choose one that was exported here."))
    name = upload.name or "library.zip"
    key = actions.take_archive(actor=request.actor, name=name, body=upload.read())
    return redirect(reverse("console:items_import", query={"archive": token_of(key, name)}))


def token_of(sha256: str, name: str) -> str:
    """A stored archive as an address carries it."""
    return signing.dumps([sha256, name], salt=_SALT)


def _opened(token: str) -> tuple[str, bytes]:
    try:
        sha256, name = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise NotFound from error
    with files.open_file(sha256) as opened:
        return name, opened.read()


def _planned(request: StaffRequest, token: str) -> dict[str, Any]:
    name, body = _opened(token)
    plan = selectors.plan_import(request.actor, body)
    good, wrong = plan.of(Verdict.NEW, Verdict.CHANGED), plan.of(Verdict.WRONG)
    return {
        "token": token,
        "name": name,
        "plan": plan,
        "counts": {verdict.value: len(plan.of(verdict)) for verdict in Verdict},
        "good": len(good),
        "wrong": wrong[:MOST_SHOWN],
        "shown": good[:MOST_SHOWN],
        "more": max(0, len(good) - MOST_SHOWN),
    }


@require_POST
def import_items(request: StaffRequest) -> HttpResponse:
    """Import the good lines of an archive, as they were looked at."""
    token = request.POST.get("archive", "")
    name, body = _opened(token)
    try:
        done = actions.import_items(actor=request.actor, name=name, body=body, seen=request.POST.get("seen", ""))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
        return redirect(reverse("console:items_import", query={"archive": token}))
    made = ngettext("One item is made.", "%(count)d items are made.", done.made) % {"count": done.made}
    changed = ngettext("One item is changed.", "%(count)d items are changed.", done.changed) % {"count": done.changed}
    messages.success(request, sentences(made if done.made else "", changed if done.changed else ""))
    return redirect("console:library")


urlpatterns = [
    path("content/library.zip", export, name="items_export"),
    path("content/import/", bring_in, name="items_import"),
    path("content/import/done/", import_items, name="items_import_do"),
]
