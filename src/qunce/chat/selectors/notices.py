"""Reads of group notices: where each group stands."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qunce.chat.connector import connectors
from qunce.chat.models import Delivery, GroupNotice, Seat
from qunce.chat.types import DeliveryState, NoticeState, SetNotice
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.community.types import HISTORY, GroupFilter
from qunce.kernel.actor import Actor
from qunce.team import selectors as team
from qunce.team.types import TaskState

_STANDS = {
    DeliveryState.PLANNED: NoticeState.ON_ITS_WAY,
    DeliveryState.CLAIMED: NoticeState.ON_ITS_WAY,
    DeliveryState.SENT: NoticeState.CURRENT,
}
_BY_HAND = {
    TaskState.OPEN: NoticeState.BY_HAND,
    TaskState.DONE: NoticeState.CURRENT,
    TaskState.CANCELLED: NoticeState.FAILED,
}


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One group's notice: what it is to be, where that stands, since when, and what the platform said against it."""

    group: Group
    text: str
    state: NoticeState
    told_at: datetime | None = None
    reason: str = ""
    delivery_id: UUID | None = None
    can: bool = True


def notices(actor: Actor, community_id: int) -> list[NoticeView]:
    """The notice of each open group of the community that the actor sees, by name."""
    groups = list(community.find_groups(actor, GroupFilter(community_id=community_id)).exclude(platform=HISTORY))
    texts = community.notice_texts(community.notice(actor, community_id), groups)
    rows = GroupNotice.objects.in_bulk([group.pk for group in groups])
    sent = _deliveries(rows.values())
    tasks = team.states_of_tasks([row.key for row in rows.values() if row.by_hand])
    able = account_for([group.pk for group in groups])
    views = []
    for group in groups:
        row, text, can = rows.get(group.pk), texts[group.pk], group.pk in able
        if row is None:
            views.append(NoticeView(group, text, NoticeState.NEVER, can=can))
            continue
        delivery = sent.get(row.key)
        views.append(
            NoticeView(
                group,
                text,
                NoticeState.OUTDATED if row.text != text else _stands(row, delivery, tasks.get(row.key)),
                row.told_at,
                delivery.reason if delivery and delivery.state == DeliveryState.FAILED else "",
                delivery.pk if delivery else None,
                can,
            )
        )
    return views


def account_for(group_ids: Collection[int]) -> dict[int, int]:
    """The account that can set the notice of each of the groups; groups where none can are left out. No guard."""
    able = [key for key, kind in connectors.items() if kind.capabilities.can(SetNotice)]
    seats = Seat.objects.filter(
        group_id__among=list(group_ids), left_at=None, account__enabled=True, account__platform__in=able
    ).order_by("reads", "-account_id")  # of several the reading one comes last, and stays
    return dict(seats.values_list("group_id", "account_id"))


def lost_notices(rows: Iterable[GroupNotice]) -> set[int]:
    """The groups in which what was last told did not come about: refused, or the task was given up."""
    known = list(rows)
    sent = _deliveries(known)
    tasks = team.states_of_tasks([row.key for row in known if row.by_hand])
    return {
        row.group_id for row in known if _stands(row, sent.get(row.key), tasks.get(row.key)) is NoticeState.FAILED
    }


def _deliveries(rows: Iterable[GroupNotice]) -> dict[str, Delivery]:
    keys = [row.key for row in rows if not row.by_hand]
    return {delivery.key: delivery for delivery in Delivery.objects.filter(key__among=keys)}


def _stands(row: GroupNotice, delivery: Delivery | None, task: TaskState | None) -> NoticeState:
    if row.by_hand:
        return _BY_HAND.get(task, NoticeState.FAILED) if task else NoticeState.FAILED
    return _STANDS.get(DeliveryState(delivery.state), NoticeState.FAILED) if delivery else NoticeState.FAILED
