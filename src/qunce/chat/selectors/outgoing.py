"""Bulk reads of what is leaving: what became of messages by their keys. No guard: not for pages."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qunce.chat.connector import connectors
from qunce.chat.models import Delivery
from qunce.chat.types import DeliveryState, Planable

_MAY_BE_THERE = (DeliveryState.CLAIMED, DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.RECALLED)
_NEVER = (DeliveryState.FAILED, DeliveryState.SKIPPED)


@dataclass(frozen=True, slots=True)
class Fate:
    """How a delivery fares. ``at``: since when members may have seen it; ``external_id``: its platform's."""

    id: UUID
    state: DeliveryState
    at: datetime | None
    external_id: str
    reason: str

    @property
    def is_lost(self) -> bool:
        """Whether it will not arrive by itself."""
        return self.state in _NEVER


def fates(keys: Collection[str]) -> dict[str, Fate]:
    """How the deliveries with these keys fare; one statement."""
    rows = Delivery.objects.filter(key__among=list(keys)) if keys else ()
    return {
        row.key: Fate(
            row.pk,
            DeliveryState(row.state),
            (row.sent_at or row.first_claimed_at) if row.state in _MAY_BE_THERE else None,
            row.external_id,
            row.reason,
        )
        for row in rows
    }


def keys_of(broadcast_id: int) -> list[tuple[str, int]]:
    """The deliveries of a broadcast that are to arrive: key and group."""
    found = Delivery.objects.filter(broadcast=broadcast_id).exclude(state=DeliveryState.SKIPPED)
    return list(found.order_by("id").values_list("key", "group_id"))


def performs(platform: str, operation: type[Planable]) -> bool:
    """Whether a platform carries out operations of this kind."""
    return platform in connectors and connectors[platform].capabilities.can(operation)
