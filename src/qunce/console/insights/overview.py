"""All groups on one picture, and where an hour of a person counts most.

The page reads what was kept of every group on its last day: its cost does not grow with what was said.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

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
from qunce.insights.selectors import health, writing
from qunce.insights.types import GroupHealth, NextHour, Stage
from qunce.kernel.htmx import page

PER_PAGE = 50
HOURS, HOURS_TODAY = 10, 3
T = TypeVar("T")


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


def _known(value: float | None, empty: float) -> float:
    return empty if value is None else value


ORDERS: Mapping[str, tuple[str | Promise, Callable[[GroupHealth], Any]]] = {
    "worst": (gettext_lazy("Worst first"), lambda each: _known(each.score, 101)),
    "falling": (gettext_lazy("Falling fastest first"), lambda each: _known(each.change, 101)),
    "risk": (gettext_lazy("Likeliest to fall silent first"), lambda each: -_known(each.risk, -1)),
    "largest": (gettext_lazy("Largest first"), lambda each: -_known(each.size, -1)),
    "name": (gettext_lazy("By name"), lambda each: each.name.casefold()),
}


@require_GET
def overview(request: StaffRequest) -> HttpResponse:
    """The map, the list beside it, the table beneath: ``?community=&stage=&order=&page=``."""
    wanted = {key: request.GET.get(key, "") for key in ("community", "stage", "order")}
    order = wanted["order"] if wanted["order"] in ORDERS else "worst"
    groups = _of(health.latest(request.actor), wanted["community"])
    shown = [each for each in groups if not wanted["stage"] or each.stage == wanted["stage"]]
    found = Paginator(sorted(shown, key=ORDERS[order][1]), PER_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        "console/insights/overview.html",
        {
            "answer": _answer(groups),
            "map": drawn.lifecycle(_of(health.lifecycle(request.actor), wanted["community"])),
            "hours": _hours(request, wanted["community"], HOURS),
            "page": found,
            "rows": [row_of(each) for each in found],
            "groups": len(groups),
            "unscored": sum(each.score is None for each in groups),
            "communities": community.visible_communities(request.actor),
            "stages": [(key, name) for key, (_tone, name) in words.stages().items()],
            "orders": [(key, title) for key, (title, _key) in ORDERS.items()],
            "wanted": {**wanted, "order": order},
        },
        piece="console/insights/overview_all.html",
    )


@require_GET
def next_hour(request: StaffRequest) -> HttpResponse:
    """The top of the 80/20 list, as Today shows it."""
    return render(request, "console/insights/next_hour.html", {"hours": _hours(request, "", HOURS_TODAY)})


def _of(found: Iterable[T], community_id: str) -> list[T]:
    """Those of one community, where one is wanted."""
    return [each for each in found if not community_id or str(each.community_id) == community_id]  # type: ignore[attr-defined]


def _hours(request: StaffRequest, community_id: str, most: int) -> list[Hour]:
    found = health.next_hour(request.actor) if not community_id else health.next_hour(request.actor, n=1000)
    return [
        Hour(each, round(each.share * 100), _(each.proposal.title) if each.proposal else "")
        for each in _of(found, community_id)[:most]
    ]


def _answer(groups: list[GroupHealth]) -> str:
    """The page's heading: how many groups are in trouble."""
    scored = [each.score for each in groups if each.score is not None]
    if not scored:
        return _("No group can be judged yet")
    bad = sum(score < writing.FAIR for score in scored)
    if not bad and (quieter := sum(each.stage == Stage.DECLINING for each in groups if each.score is not None)):
        return ngettext("%(count)d group is getting quieter", "%(count)d groups are getting quieter", quieter) % {
            "count": quieter
        }
    if not bad:
        return ngettext("The group is in no trouble", "None of %(count)d groups is in trouble", len(scored)) % {
            "count": len(scored)
        }
    return ngettext(
        "%(bad)d of %(count)d groups is in trouble", "%(bad)d of %(count)d groups are in trouble", bad
    ) % {
        "bad": bad,
        "count": len(scored),
    }


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
