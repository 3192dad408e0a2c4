"""What was decided, by whom: the audit in sentences, newest first."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.forms import DayInput
from qunce.kernel import audit, htmx, paging
from qunce.kernel.actor import Permission
from qunce.kernel.errors import NotAllowed
from qunce.kernel.models import AuditEntry
from qunce.team import selectors as team


class AuditFilter(forms.Form):
    """Who, where, when."""

    by = forms.TypedChoiceField(label=_("Person"), coerce=int, empty_value=None, required=False)
    community = forms.TypedChoiceField(label=_("Community"), coerce=int, empty_value=None, required=False)
    since = forms.DateField(label=_("From"), required=False, widget=DayInput())
    until = forms.DateField(label=_("To"), required=False, widget=DayInput())
    about = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: StaffRequest) -> None:
        super().__init__(request.GET)
        people = [(staff.pk, staff.name or staff.email) for staff in team.visible_staff(request.actor)]
        places = community.visible_communities(request.actor, Permission.LEAD).values_list("pk", "name")
        self.fields["by"].choices = [("", _("Anybody")), *people]  # type: ignore[attr-defined]
        self.fields["community"].choices = [("", _("Anywhere")), *places]  # type: ignore[attr-defined]
        self.zone = request.zone

    def wanted(self) -> audit.Wanted:
        """What was chosen; a choice that is none does not restrict."""
        self.is_valid()
        chosen = self.cleaned_data
        kind, _colon, key = chosen.get("about", "").partition(":")
        until = chosen.get("until")
        return audit.Wanted(
            by=chosen.get("by"),
            community_id=chosen.get("community"),
            about=(kind, key),
            since=_midnight(chosen.get("since"), self.zone),
            until=_midnight(until + timedelta(days=1) if until else None, self.zone),
        )


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None


def _by_day(entries: list[AuditEntry], zone: ZoneInfo) -> Iterator[tuple[date, list[tuple[AuditEntry, str]]]]:
    for day, group in groupby(entries, key=lambda entry: entry.at.astimezone(zone).date()):
        yield day, [(entry, audit.say(entry)) for entry in group]


def entries(request: StaffRequest) -> HttpResponse:
    """The list, page by page; its filter lives in the address."""
    if not request.actor.may_anywhere(Permission.LEAD):
        raise NotAllowed
    form = AuditFilter(request)
    found = paging.by_key(audit.visible_to(request.actor, form.wanted()), cursor=request.GET.get("cursor", ""))
    context = {
        "form": form,
        "page": found,
        "days": list(_by_day(list(found), request.zone)),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return htmx.page(request, "console/audit/list.html", context, piece="console/audit/entries.html")


urlpatterns = [path("audit/", entries, name="audit")]
