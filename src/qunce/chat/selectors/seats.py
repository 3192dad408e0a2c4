"""Reads of seats: which of our accounts are in a group, which one reads it, and how far it has been read back."""

from collections import defaultdict
from collections.abc import Collection
from enum import StrEnum

from django.db.models import QuerySet

from qunce.chat.connector import carried_by_hand
from qunce.chat.models import Gap
from qunce.chat.models import Seat as Seat  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.chat.types import Reads
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.community.types import HISTORY
from qunce.kernel.actor import Actor


class Reading(StrEnum):
    """How a group is read: by an account, by one that reads its past too, by one that sees only what addresses it or
    only secrets, by people alone, by one switched off, by none; or there is only its history.
    """

    READ = "read"
    BACKFILL = "backfill"
    MENTIONS = "mentions"
    ENCRYPTED = "encrypted"
    BY_HAND = "by_hand"
    PAUSED = "paused"
    LEFT = "left"
    UNREAD = "unread"
    HISTORY = "history"


def of_groups(actor: Actor, group_ids: Collection[int]) -> dict[int, list[Seat]]:
    """The seats in each of the groups that the actor may see, with their accounts: the reading one first."""
    seats: dict[int, list[Seat]] = defaultdict(list)
    for seat in _visible(actor, group_ids).select_related("account").order_by("-reads", "left_at", "account_id"):
        seats[seat.group_id].append(seat)
    return seats


def reading(seats: Collection[Seat], platform: str = "") -> Reading:
    """How a group with these seats, on that platform, is read."""
    if platform == HISTORY:
        return Reading.HISTORY
    reader = next((seat for seat in seats if seat.reads), None)
    if reader is None:
        return Reading.UNREAD if any(seat.left_at is None for seat in seats) else Reading.LEFT
    return _read_by(reader)


def _read_by(reader: Seat) -> Reading:
    if not reader.account.enabled:
        return Reading.PAUSED
    if reader.account.platform in carried_by_hand():
        return Reading.BY_HAND
    if reader.reads_less == Reads.ENCRYPTED:
        return Reading.ENCRYPTED
    if reader.reads_less == Reads.MENTIONS:
        return Reading.MENTIONS
    return Reading.BACKFILL if reader.backfill in {"wanted", "running"} else Reading.READ


def gaps(actor: Actor, group_id: int, limit: int = 3) -> list[Gap]:
    """Stretches of time of which the group's messages may be missing, latest first."""
    visible = community.visible_groups(actor).filter(pk=group_id).order_by().values("pk")
    return list(Gap.objects.filter(group_id__in=visible, filled_at=None).order_by("-until")[:limit])


def sender_to(group_id: int) -> int | None:
    """The account that sends to a group, the reading one if it can. No guard: for actions that have asked."""
    able = Seat.objects.filter(group_id=group_id, left_at=None, account__enabled=True)
    return able.order_by("-reads", "account_id").values_list("account_id", flat=True).first()


def unread(groups: QuerySet[Group]) -> QuerySet[Group]:
    """Those of the groups that no account reads at present, though one could: histories are read by none."""
    read = Seat.objects.filter(reads=True, account__enabled=True).values("group_id")
    return groups.exclude(platform=HISTORY).exclude(pk__in=read)


def _visible(actor: Actor, group_ids: Collection[int]) -> QuerySet[Seat]:
    visible = community.visible_groups(actor).filter(pk__among=group_ids).order_by().values("pk")
    return Seat.objects.filter(group_id__in=visible)
