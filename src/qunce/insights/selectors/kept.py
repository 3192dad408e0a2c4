"""Reads of reports: those that are made regularly, and those that were made."""

from collections.abc import Collection

from django.db.models import QuerySet

from qunce.community import selectors as community
from qunce.insights.models import KeptReport as KeptReport  # noqa: PLC0414 (rows are passed along)
from qunce.insights.models import ReportPlan as ReportPlan  # noqa: PLC0414 (rows are passed along)
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound


def reports(actor: Actor, *, community_id: int | None = None) -> QuerySet[KeptReport]:
    """Reports on communities that the actor may see, the latest first; without what they say."""
    seen = actor.communities(Permission.VIEW)
    found = KeptReport.objects.all() if seen is None else KeptReport.objects.filter(community_id__in=seen)
    if community_id is not None:
        found = found.filter(community_id=community_id)
    return found.order_by("-last", "-id").defer("content")


def one_report(actor: Actor, report_id: int) -> KeptReport:
    """One report with what it says. Raises NotFound where the actor may not see its community."""
    found = reports(actor).defer(None).filter(pk=report_id).first()
    if found is None:
        raise NotFound
    return found


def plans(actor: Actor, community_ids: Collection[int] | None = None) -> list[ReportPlan]:
    """Which reports are made regularly on communities that the actor may see."""
    seen = actor.communities(Permission.VIEW)
    found = ReportPlan.objects.all() if seen is None else ReportPlan.objects.filter(community_id__in=seen)
    if community_ids is not None:
        found = found.filter(community_id__in=list(community_ids))
    return list(found.order_by("community_id", "rhythm"))


def one_plan(actor: Actor, plan_id: int) -> ReportPlan:
    """One of them, for those who lead its community."""
    found = ReportPlan.objects.filter(pk=plan_id).first()
    if found is None:
        raise NotFound
    community.community(actor, found.community_id, Permission.LEAD)
    return found
