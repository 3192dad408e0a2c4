"""Reads of counted links."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from qunce.chat.models import Link
from qunce.kernel.errors import NotFound


def link(token: str) -> Link:
    """The link behind a short address; who knows it may follow it. Raises NotFound."""
    found = Link.objects.filter(pk=token).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Clicks:
    """How often people followed a broadcast's links: ``groups`` had at least one; ``by_url``: the most followed."""

    total: int
    groups: int
    by_url: Sequence[tuple[str, int]]


def clicks(broadcast_id: int, most: int = 10) -> Clicks | None:
    """Of a broadcast that the caller may see; None where it has no counted links."""
    of_it = Link.objects.filter(broadcast_id=broadcast_id)
    summed = of_it.aggregate(
        Sum("clicks"), groups=Count("delivery_id", distinct=True, filter=Q(clicks__gt=0)), any=Max("token")
    )
    if summed["any"] is None:
        return None
    by_url = of_it.order_by().values_list("url").annotate(total=Sum("clicks")).order_by("-total", "url")[:most]
    return Clicks(summed["clicks__sum"] or 0, summed["groups"], list(by_url))


def clicks_of(broadcast_id: int, delivery_ids: Collection[UUID]) -> dict[UUID, int]:
    """How often the links in each of a broadcast's deliveries were followed."""
    found = Link.objects.filter(broadcast_id=broadcast_id, delivery_id__among=list(delivery_ids))
    return dict(found.order_by().values_list("delivery_id").annotate(Sum("clicks")))


def clicks_by_address(broadcast_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """How often each address was followed, for each broadcast that the caller may see; one statement."""
    found: dict[int, dict[str, int]] = {}
    of_them = Link.objects.filter(broadcast__in=list(broadcast_ids)).order_by()
    for broadcast_id, url, total in of_them.values_list("broadcast_id", "url").annotate(Sum("clicks")):
        found.setdefault(broadcast_id, {})[url] = total
    return found
