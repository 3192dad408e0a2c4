"""The doctor: what is not as it should be in this installation, and what to do about each."""

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from qunce.console.context import StaffRequest
from qunce.kernel import checkups
from qunce.kernel.checkups import Finding, Weight
from qunce.kernel.htmx import page

WORDS = {
    Weight.BAD: ("bad", "alert-triangle", _("Does not work")),
    Weight.WARN: ("wait", "clock-exclamation", _("Will not go well for long")),
    Weight.HINT: ("off", "bulb", _("Could be better")),
}


PAGES = {
    "account": "console:account",
    "accounts": "console:accounts",
    "set_aside": "console:set_aside",
    "groups": "console:groups",
    "unread_groups": "console:groups",
}
QUERIES = {"unread_groups": "?reading=none"}


def _url(finding: Finding) -> str:
    """The page where something can be done about it; empty where that is not in the console."""
    kind, key = finding.about
    if kind not in PAGES:
        return ""
    return reverse(PAGES[kind], args=[key] if key is not None else []) + QUERIES.get(kind, "")


def doctor(request: StaffRequest) -> HttpResponse:
    """All findings, the worst first; looked for anew each time."""
    examined = checkups.examine(request.actor)
    found = [(finding, *WORDS[finding.weight], _url(finding)) for finding in examined]
    bad = sum(finding.weight is Weight.BAD for finding in examined)
    context = {"findings": found, "bad": bad}
    return page(request, "console/doctor/doctor.html", context, piece="console/doctor/findings.html")


urlpatterns = [path("doctor/", doctor, name="doctor")]
