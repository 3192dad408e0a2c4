"""A community's people: who came and what became of them, who comes back, and how its groups compare.

Twenty statements, however many people and groups there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.insights import drawn
from qunce.console.insights.overview import row_of
from qunce.insights.actions.dictionary import set_dictionary
from qunce.insights.selectors import audience, overview, writing
from qunce.insights.selectors.dictionary import dictionary
from qunce.insights.types import GroupOrder, Unit
from qunce.insights.types.audience import Funnel, Outcome, Rung
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.htmx import go

PER_PAGE = 50
STRETCHES: Mapping[str, str | Promise] = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("One year"),
}
USUAL = "90"
RUNGS: Mapping[Rung, tuple[str | Promise, str | Promise, str | Promise]] = {
    Rung.CAME: (gettext_lazy("Came"), gettext_lazy("Entered a group of the community for the first time."), ""),
    Rung.SPOKE: (
        gettext_lazy("Spoke within seven days"),
        gettext_lazy("Said anything in any of its groups in the first seven days."),
        gettext_lazy("Did not speak in the first week"),
    ),
    Rung.AGAIN: (
        gettext_lazy("Came back"),
        gettext_lazy("Said something again after the first week, within thirty days of entering."),
        gettext_lazy("Did not come back"),
    ),
    Rung.STAYED: (
        gettext_lazy("Stayed"),
        gettext_lazy("Is still in one of its groups after thirty days."),
        gettext_lazy("Left"),
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the funnel with its numbers and where the people behind each are listed."""

    title: str | Promise
    definition: str | Promise
    took: int
    took_url: str
    missed: int
    missed_title: str | Promise
    missed_url: str
    early: int
    share: str
    percent: int


@require_GET
def insight(request: StaffRequest, community_id: int) -> HttpResponse:
    """Funnel, cohorts, groups: ``?days=30|90|365``."""
    found = community.community(request.actor, community_id)
    days = _days(request)
    funnel = audience.funnel(request.actor, community_id, int(days))
    url = reverse("console:newcomers", args=[community_id])
    listed = overview.listed(request.actor, community_id=community_id, order=GroupOrder.WORST)
    groups = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "console/insights/community.html",
        {
            "community": found,
            "stretches": [(f"?days={key}", title, key == days) for key, title in STRETCHES.items()],
            "funnel": funnel,
            "steps": [_step(funnel, rung, f"{url}?days={days}") for rung in Rung] if funnel.newcomers else [],
            "cohorts": drawn.community_cohorts(audience.cohorts(request.actor, community_id)),
            "page": groups,
            "rows": [row_of(each) for each in groups],
            "terms": "\n".join(dictionary(request.actor, community_id)),
            "may_operate": request.actor.may(Permission.OPERATE, community_id),
            "may_lead": request.actor.may(Permission.LEAD, community_id),
        },
    )


@require_POST
def terms(request: StaffRequest, community_id: int) -> HttpResponse:
    """Names and terms of the community that are kept whole where words are counted."""
    try:
        kept = set_dictionary(actor=request.actor, community_id=community_id, words=request.POST.get("words", ""))
        told = ngettext("%(count)d word is kept whole.", "%(count)d words are kept whole.", len(kept))
        messages.success(request, told % {"count": len(kept)})
    except Invalid as error:
        messages.error(request, str(error))
    return go(request, "console:community_insight", community_id)


def _days(request: StaffRequest) -> str:
    days = request.GET.get("days", USUAL)
    return days if days in STRETCHES else USUAL


def _step(funnel: Funnel, rung: Rung, url: str) -> Step:
    title, definition, missed = RUNGS[rung]
    share = funnel.share(rung)
    return Step(
        title,
        definition,
        funnel.count(rung),
        f"{url}&rung={rung}&outcome={Outcome.TOOK}",
        funnel.count(rung, Outcome.MISSED),
        missed,
        f"{url}&rung={rung}&outcome={Outcome.MISSED}",
        funnel.count(rung, Outcome.EARLY),
        writing.measured(share, Unit.SHARE),
        round((share or 0) * 100),
    )


@require_GET
def newcomers(request: StaffRequest, community_id: int) -> HttpResponse:
    """The people behind a number of the funnel: ``?days=&rung=&outcome=&page=``."""
    found = community.community(request.actor, community_id)
    days, rung, outcome = _days(request), request.GET.get("rung", ""), request.GET.get("outcome", "")
    chosen = Rung(rung) if rung in set(Rung) else Rung.CAME
    how = Outcome(outcome) if outcome in set(Outcome) else Outcome.TOOK
    people = audience.funnel(request.actor, community_id, int(days)).people(chosen, how)
    title, definition, missed = RUNGS[chosen]
    shown = Paginator(people[::-1], PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "console/insights/newcomers.html",
        {
            "community": found,
            "zone": ZoneInfo(found.zone),
            "days": days,
            "title": missed if how is Outcome.MISSED and missed else title,
            "definition": definition,
            "page": shown,
            "people": [(each, [_became(key, told) for key, told in each.outcomes.items()]) for each in shown],
            "count": len(people),
        },
    )


def _became(rung: Rung, told: Outcome) -> tuple[str | Promise, Outcome]:
    """An outcome in words."""
    title, _definition, missed = RUNGS[rung]
    return missed if told is Outcome.MISSED else title, told
