"""Reports: what was found every day, week or month, to be read, printed and sent; and which are made regularly.

What computes and draws is loaded when a report is opened or planned, not with the page's addresses.
"""

from dataclasses import dataclass
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qunce.community import selectors as community
from qunce.community.selectors import Community
from qunce.community.types import LANGUAGES, GroupFilter
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.console.live import topic
from qunce.insights.selectors import kept
from qunce.insights.selectors.kept import KeptReport, ReportPlan
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.kernel.htmx import go

SIZE = 30
RHYTHMS: dict[str, tuple[str | Promise, str | Promise]] = {
    "daily": (gettext_lazy("Daily"), gettext_lazy("Every day, about the day before")),
    "weekly": (gettext_lazy("Weekly"), gettext_lazy("Every week, about Monday to Sunday")),
    "monthly": (gettext_lazy("Monthly"), gettext_lazy("Every month, about the month before")),
}
CHANNELS: dict[str, str | Promise] = {
    "page": gettext_lazy("Here alone"),
    "team": gettext_lazy("Here, and the team is told"),
    "group": gettext_lazy("Here, and into a group"),
}


@topic("reports")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see the community."""
    return key.isdecimal() and actor.may(Permission.VIEW, int(key))


class PlanForm(forms.Form):
    """How often, at what hour, in which language, and to whom."""

    rhythm = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=[(key, said) for key, (_title, said) in RHYTHMS.items()]
    )
    hour = forms.IntegerField(
        label=gettext_lazy("Not before this hour"),
        min_value=0,
        max_value=23,
        help_text=gettext_lazy("By the community's clock."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    channel = forms.ChoiceField(label=gettext_lazy("For whom"), choices=list(CHANNELS.items()))
    group = forms.ChoiceField(
        label=gettext_lazy("Into which group"),
        required=False,
        help_text=gettext_lazy("Where it is sent into a group: a few lines, from the account that serves it."),
    )

    def __init__(self, *args: object, actor: Actor, home: Community, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        groups = community.find_groups(actor, GroupFilter(community_id=home.pk))
        names = [(str(group.pk), group.name or group.external_id) for group in groups]
        self.fields["group"].choices = [("", _("No group")), *names]  # type: ignore[attr-defined]
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            (code, get_language_info(code)["name_local"]) for code in LANGUAGES
        ]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan as it is listed."""

    row: ReportPlan
    home: Community
    rhythm: str | Promise
    channel: str | Promise
    may_lead: bool


def reports(request: StaffRequest) -> HttpResponse:
    """Those that were made, the latest first, and those that are made regularly."""
    homes = {home.pk: home for home in community.visible_communities(request.actor)}
    chosen = request.GET.get("community", "")
    wanted = int(chosen) if chosen.isdecimal() else None
    page = Paginator(kept.reports(request.actor, community_id=wanted), SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [_row(row, homes) for row in page],
        "plans": [_planned(request.actor, row, homes) for row in kept.plans(request.actor, homes)],
        "led": [home for home in homes.values() if request.actor.may(Permission.LEAD, home.pk)],
        "homes": homes.values(),
        "wanted": wanted,
    }
    return render(request, "console/reports/list.html", context)


def _row(row: KeptReport, homes: dict[int, Community]) -> tuple[KeptReport, str, str | Promise]:
    home = homes.get(row.community_id)
    return row, home.name if home else "", RHYTHMS[row.rhythm][0]


def _planned(actor: Actor, row: ReportPlan, homes: dict[int, Community]) -> Planned:
    may_lead = actor.may(Permission.LEAD, row.community_id)
    return Planned(row, homes[row.community_id], RHYTHMS[row.rhythm][1], CHANNELS[row.channel], may_lead)


def report(request: StaffRequest, report_id: int) -> HttpResponse:
    """One report, as it was written."""
    from qunce.insights.types import Report

    row = kept.one_report(request.actor, report_id)
    context = {"row": row, "report": Report.from_json(row.content), "rhythm": RHYTHMS[row.rhythm][0]}
    return render(request, "console/reports/one.html", context)


@require_safe
def report_pdf(request: StaffRequest, report_id: int) -> HttpResponse:
    """The same on paper."""
    from qunce.insights.selectors import renderings
    from qunce.insights.types import Report

    row = kept.one_report(request.actor, report_id)
    written = Report.from_json(row.content)
    answer = HttpResponse(renderings.pdf(written), content_type="application/pdf")
    name = slugify(f"{written.name} {row.last}", allow_unicode=True)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}.pdf"
    return answer


@require_safe
def report_words(request: StaffRequest, report_id: int) -> HttpResponse:
    """The picture of its words: ``?dark=1``."""
    from qunce.insights.selectors import renderings
    from qunce.insights.types import Report

    written = Report.from_json(kept.one_report(request.actor, report_id).content)
    drawn = renderings.cloud(written, dark=request.GET.get("dark") == "1")
    if drawn is None:
        raise NotFound
    return HttpResponse(drawn, content_type="image/png", headers={"Cache-Control": "private, max-age=86400"})


def plan(request: StaffRequest, community_id: int) -> HttpResponse:
    """Have reports on a community made regularly."""
    home = community.community(request.actor, community_id, Permission.LEAD)
    spoken = home.languages[0] if home.languages else get_language()
    initial = {"rhythm": "weekly", "hour": 8, "language": spoken, "channel": "team"}
    form = PlanForm(request.POST or None, initial=initial, actor=request.actor, home=home)
    if request.method == "POST" and form.is_valid():
        from qunce.insights.actions import reports as actions
        from qunce.insights.types import Channel, Rhythm

        given = form.cleaned_data
        with errors_in(form):
            actions.plan_report(
                actor=request.actor,
                community_id=home.pk,
                rhythm=Rhythm(given["rhythm"]),
                hour=given["hour"],
                language=given["language"],
                channel=Channel(given["channel"]),
                group_id=int(given["group"]) if given["group"] and given["channel"] == "group" else None,
            )
            messages.success(request, _("It is planned; the first one is being made now."))
            return go(request, "console:reports")
    return render(request, "console/reports/plan.html", {"form": form, "community": home})


@require_POST
def stop(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Have no more of it made."""
    from qunce.insights.actions import reports as actions

    actions.stop_report(actor=request.actor, plan_id=plan_id)
    messages.success(request, _("No more of it is made. Those that were made stay."))
    return go(request, "console:reports")


urlpatterns = [
    path("reports/", reports, name="reports"),
    path("reports/<int:report_id>/", report, name="report"),
    path("reports/<int:report_id>/pdf/", report_pdf, name="report_pdf"),
    path("reports/<int:report_id>/words.png", report_words, name="report_words"),
    path("reports/plan/<int:community_id>/", plan, name="report_plan"),
    path("reports/plans/<int:plan_id>/stop/", stop, name="report_stop"),
]
