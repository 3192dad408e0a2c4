"""Every read of communities and groups, and who may see them."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.db.models import F

from qunce.community.models import Group
from qunce.community.types import GroupFacts


# ------------------------------------------------------------------ the pipeline's part
def group_facts(group_ids: Iterable[int]) -> list[GroupFacts]:
    """What the pipeline needs of those of the groups that are adopted and not archived. No guard: not for pages."""
    rows = (
        Group.objects.filter(pk__in=list(group_ids), community__isnull=False, archived_at=None)
        .filter(community__archived_at=None)
        .values_list("id", "platform", "external_id", "name", "community_id", zone=F("community__zone"))
    )
    return [GroupFacts(*row[:5], zone=ZoneInfo(row[5])) for row in rows]
