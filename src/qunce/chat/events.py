"""What happens on the way out, for the floors above."""

from dataclasses import dataclass

from qunce.kernel.events import Event


@dataclass(frozen=True)
class NotDelivered(Event):
    """Messages to single groups, not of a broadcast, that failed for good or were too late. ``ids``: deliveries."""

    ids: list[str]


@dataclass(frozen=True)
class BroadcastPlanned(Event):
    """A broadcast that passes something on (``about``: see `types.Manner`) was planned; trials are none."""

    broadcast_id: int
    about: str
