"""How much of the team's time the groups take: an estimate. Seven statements, however many groups there are."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.insights.metric import metrics
from qunce.insights.selectors import load as selectors
from qunce.insights.selectors import writing
from qunce.insights.types import Unit
from qunce.kernel import charts
from qunce.kernel.htmx import page

PER_PAGE = 50
DAYS = 28


@require_GET
def load(request: StaffRequest) -> HttpResponse:
    """Minutes a day over all groups and in each: ``?community=&page=``."""
    wanted = request.GET.get("community", "")
    community_id = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else None  # noqa: PLR2004 (a 64-bit number)
    found = selectors.load(request.actor, community_id=community_id, days=DAYS)
    groups = Paginator(found.groups, PER_PAGE).get_page(request.GET.get("page"))
    rule = metrics[selectors.MINUTES]
    per_day = sum(found.per_day) / len(found.days)
    return page(
        request,
        "console/insights/load.html",
        {
            "page": groups,
            "rows": [
                (each, writing.measured(each.per_day, Unit.MINUTES), [minutes or 0 for minutes in each.minutes])
                for each in groups
            ],
            "per_day": writing.measured(per_day, Unit.MINUTES),
            "any": any(found.per_day),
            "rule": _(rule.definition),
            "title": _(rule.title),
            "chart": charts.over_time(
                _("The team's minutes a day, over all groups (estimate)"),
                when=_("Day"),
                points=[f"{day:%m-%d}" for day in found.days],
                values={_("Minutes"): [round(each) for each in found.per_day]},
            ),
            "communities": community.visible_communities(request.actor),
            "wanted": wanted,
        },
        piece="console/insights/load_all.html",
    )
