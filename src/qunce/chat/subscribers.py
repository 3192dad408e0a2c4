"""What the chat context does about events of the floors below."""

from collections.abc import Sequence

from procrastinate.contrib.django import app

from qunce.chat.actions.groups import give_readers
from qunce.chat.selectors import activity
from qunce.community import selectors as community
from qunce.community.events import CommunityZoneChanged, GroupsAdopted, GroupsRestored
from qunce.kernel.actor import SYSTEM
from qunce.kernel.events import subscriber

GROUPS_PER_JOB = 50
SETTLING = 10
"""Seconds until batches that began before a change of zone have been committed."""


@subscriber(CommunityZoneChanged)
def days_begin_elsewhere(event: CommunityZoneChanged) -> None:
    """Count the community's days again."""
    _count_again_soon(community.groups_of(SYSTEM, event.community_id))


@subscriber(GroupsAdopted)
def history_meets_another_zone(event: GroupsAdopted) -> None:
    """A group that comes from another community, or comes back, may have been counted in another zone."""
    _count_again_soon(event.group_ids)


@subscriber(GroupsRestored)
def somebody_reads_again(event: GroupsRestored) -> None:
    """The account that read a group may have gone while it was archived."""
    give_readers(event.group_ids)


def _count_again_soon(group_ids: Sequence[int]) -> None:
    """Those that have a history, a few in each job, once batches under way have been committed."""
    counted = activity.with_history(group_ids)
    job = app.configure_task("chat.count_again", schedule_in={"seconds": SETTLING})
    for first in range(0, len(counted), GROUPS_PER_JOB):
        job.defer(group_ids=list(counted[first : first + GROUPS_PER_JOB]))
