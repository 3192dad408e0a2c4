"""Reads of how often items were handed on, read and rated."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, Q, Sum
from django.db.models.functions import TruncWeek

from qunce.chat import selectors as chat
from qunce.chat.types import DeliveryState
from qunce.content.models import Item, ItemRating, ItemUse
from qunce.content.types import UseWay, WeekOfUses
from qunce.kernel import clock
from qunce.kernel.paging import Slice, by_key

WEEKS, SHOWN = 12, 20
HANDED = (UseWay.KEYWORD, UseWay.STEP, UseWay.BY_HAND, UseWay.BRIEF)
"""Ways that go through the ledger of deliveries; the others are pages."""
_ARRIVED = (DeliveryState.SENT, DeliveryState.RECALLED)


@dataclass(frozen=True, slots=True)
class Rating:
    """What members think of an item: stars on average, and of how many."""

    stars: float
    count: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How often an item was asked for or sent on a way, how often that arrived, and how often its address was opened.

    ``arrived`` is None for pages: who reads has got it.
    """

    way: UseWay
    asked: int
    arrived: int | None
    opened: int


def uses_of(row: Item, *, cursor: str = "") -> Slice[ItemUse]:
    """When and where an item was used, the latest first; the item's guard is the caller's."""
    return by_key(ItemUse.objects.filter(item=row), key=("at", "id"), cursor=cursor, size=SHOWN)


def counts(row: Item) -> list[Counted]:
    """How often an item was used, by way, the most frequent first."""
    rows = ItemUse.objects.filter(item=row).values_list("way").annotate(Sum("times"), Sum("opened"))
    keys = ItemUse.objects.filter(item=row, way__in=HANDED).values_list("way", "key")
    by_way: dict[str, list[str]] = defaultdict(list)
    for way, key in keys:
        by_way[way].append(key)
    fates = chat.fates([key for each in by_way.values() for key in each])
    arrived = {key for key, fate in fates.items() if fate.state in _ARRIVED}
    found = [
        Counted(
            UseWay(way),
            times,
            sum(key in arrived for key in by_way[way]) if way in HANDED else None,
            opened,
        )
        for way, times, opened in rows
    ]
    return sorted(found, key=lambda each: -each.asked)


def weeks(row: Item, *, most: int = WEEKS) -> list[WeekOfUses]:
    """The uses of the last weeks by way, the oldest week first; in the zone of the reader."""
    since = clock.now() - timedelta(weeks=most)
    found: dict[datetime, Counter[str]] = defaultdict(Counter)
    used = ItemUse.objects.filter(item=row, at__gte=since).order_by()
    for monday, way, times in used.values_list(TruncWeek("at"), "way").annotate(Sum("times")):
        found[monday][way] += times
    return [WeekOfUses(monday, found[monday]) for monday in sorted(found)]


def used_often(item_ids: Collection[int]) -> dict[int, int]:
    """How often each of the items was used in all."""
    rows = ItemUse.objects.filter(item__in=list(item_ids)).order_by()
    return dict(rows.values_list("item").annotate(Sum("times")))


def ratings(item_ids: Collection[int]) -> dict[int, Rating]:
    """What members think of items; those that nobody has rated are not among them."""
    rows = ItemRating.objects.filter(item__in=list(item_ids)).order_by()
    return {
        key: Rating(stars, count)
        for key, stars, count in rows.values_list("item").annotate(Avg("stars"), Count("pk"))
    }


def starred(row: Item) -> Sequence[tuple[int, int]]:
    """How many members gave how many stars, five first."""
    rows = dict(ItemRating.objects.filter(item=row).order_by().values_list("stars").annotate(Count("pk")))
    return [(stars, rows.get(stars, 0)) for stars in range(5, 0, -1)]


def stars_by(member_id: int, item_id: int) -> int:
    """How many stars a member has given; 0: none yet."""
    found = ItemRating.objects.filter(Q(item=item_id), member_id=member_id).values_list("stars", flat=True)
    return found.first() or 0
