"""All groups on one picture, and where an hour of a person counts most.

The page reads what was kept of every group on its last day: its cost grows neither with what was said nor with the
number of groups.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.insights import drawn, words
from qunce.insights.selectors import overview as selectors
from qunce.insights.selectors import writing
from qunce.insights.selectors.overview import Counts
from qunce.insights.types import GroupHealth, GroupOrder, NextHour, Stage
from qunce.kernel.actor import Permission
from qunce.kernel.htmx import page

PER_PAGE = 30
HOURS, HOURS_TODAY = 10, 3


@dataclass(frozen=True, slots=True)
class Row:
    """One group in the table."""

    health: GroupHealth
    tone: str
    stage_tone: str
    stage: str
    score: int | None
    change: int | None
    risk: int | None
    trend: int | None
    """Per cent more (or less) people speaking than before."""


@dataclass(frozen=True, slots=True)
class Hour:
    """One entry of the 80/20 list, in words."""

    found: NextHour
    share: int
    proposal: str


ORDERS: Mapping[GroupOrder, str | Promise] = {
    GroupOrder.WORST: gettext_lazy("Worst first"),
    GroupOrder.FALLING: gettext_lazy("Falling fastest first"),
    GroupOrder.RISK: gettext_lazy("Likeliest to fall silent first"),
    GroupOrder.LARGEST: gettext_lazy("Largest first"),
    GroupOrder.NAME: gettext_lazy("By name"),
}


@require_GET
def overview(request: StaffRequest) -> HttpResponse:
    """The map, the list beside it, the table beneath: ``?community=&stage=&order=&page=``."""
    wanted = {key: request.GET.get(key, "") for key in ("community", "stage", "order")}
    order = GroupOrder(wanted["order"]) if wanted["order"] in set(GroupOrder) else GroupOrder.WORST
    stage = wanted["stage"] if wanted["stage"] in set(Stage) else ""
    home = int(wanted["community"]) if wanted["community"].isdecimal() else None
    counts = selectors.counts(request.actor, home)
    listed = selectors.listed(request.actor, community_id=home, stage=stage, order=order, counted=counts)
    found = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    points = selectors.lifecycle(request.actor, home, counts)
    return page(
        request,
        "console/insights/overview.html",
        {
            "answer": _answer(counts),
            "map": drawn.lifecycle(points),
            "together": any(point.groups > 1 for point in points),
            "hours": _hours(request, home, HOURS, counts),
            "page": found,
            "rows": [row_of(each) for each in found],
            "groups": counts.groups,
            "unscored": counts.groups - counts.scored,
            "communities": community.visible_communities(request.actor),
            "stages": [(key, name) for key, (_tone, name) in words.stages().items()],
            "orders": list(ORDERS.items()),
            "wanted": {**wanted, "order": order},
            "may_lead": request.actor.may_anywhere(Permission.LEAD),
        },
        piece="console/insights/overview_all.html",
    )


@require_GET
def next_hour(request: StaffRequest) -> HttpResponse:
    """The top of the 80/20 list, as Today shows it."""
    return render(request, "console/insights/next_hour.html", {"hours": _hours(request, None, HOURS_TODAY)})


def _hours(request: StaffRequest, community_id: int | None, most: int, counted: Counts | None = None) -> list[Hour]:
    found = selectors.next_hour(request.actor, most, community_id, counted)
    return [Hour(each, round(each.share * 100), _(each.proposal.title) if each.proposal else "") for each in found]


def _answer(counts: Counts) -> str:
    """The page's heading: how many groups are in trouble."""
    if not counts.scored:
        return _("No group can be judged yet")
    if counts.bad:
        said = ngettext(
            "%(bad)d of %(count)d groups is in trouble", "%(bad)d of %(count)d groups are in trouble", counts.bad
        )
        return said % {"bad": counts.bad, "count": counts.scored}
    if counts.quieter:
        said = ngettext("%(count)d group is getting quieter", "%(count)d groups are getting quieter", counts.quieter)
        return said % {"count": counts.quieter}
    said = ngettext("The group is in no trouble", "None of %(count)d groups is in trouble", counts.scored)
    return said % {"count": counts.scored}


def row_of(each: GroupHealth) -> Row:
    """A group as tables show it."""
    stage_tone, stage = words.stage_of(each.stage)
    return Row(
        health=each,
        tone=writing.tone_of(each.score),
        stage_tone=stage_tone,
        stage=stage,
        score=_whole(each.score),
        change=_whole(each.change),
        risk=None if each.risk is None else round(each.risk * 100),
        trend=None if each.trend is None else round((2**each.trend - 1) * 100),
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
