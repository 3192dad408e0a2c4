"""What the chat context does about events of the floors below."""

from collections.abc import Sequence

from procrastinate.contrib.django import app

from qunce.chat.actions.consent import KIND, settle_broadcast, settle_schedule
from qunce.chat.actions.groups import give_readers
from qunce.chat.actions.notices import keep_notices
from qunce.chat.actions.staff_chats import send_to_staff
from qunce.chat.selectors import activity
from qunce.community import selectors as community
from qunce.community.events import CommunityZoneChanged, GroupsAdopted, GroupsRestored, NoticeChanged
from qunce.kernel.actor import SYSTEM
from qunce.kernel.events import subscriber
from qunce.team.events import ApprovalDecided, StaffNotified

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


@subscriber(StaffNotified)
def staff_is_told(event: StaffNotified) -> None:
    """Somebody's message leaves by the account that is in the chat."""
    send_to_staff(message_id=event.message_id, group_id=event.group_id, text=event.text)


@subscriber(ApprovalDecided)
def consent_is_given_or_not(event: ApprovalDecided) -> None:
    """A broadcast that waited for a lead goes out now, or not at all."""
    if event.kind != KIND:
        return
    if "schedule" in event.payload:
        settle_schedule(schedule_id=event.payload["schedule"], approved=event.approved)
    else:
        settle_broadcast(broadcast_id=event.payload["broadcast"], approved=event.approved)


@subscriber(NoticeChanged)
def notice_is_kept(event: NoticeChanged) -> None:
    """Groups whose notice is kept current get what it says now."""
    keep_notices(community_id=event.community_id)


@subscriber(GroupsAdopted)
def newcomers_get_the_notice(event: GroupsAdopted) -> None:
    """Groups that have come into a community whose notice is kept current."""
    keep_notices(community_id=event.community_id)


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
