"""What happens to histories, for whoever counts from them."""

from dataclasses import dataclass
from datetime import datetime

from qunce.kernel.events import Event


@dataclass(frozen=True)
class HistoryImported(Event):
    """A history was taken into this group: messages between the moments (None: only people)."""

    group_id: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class HistoryUndone(Event):
    """What an import had taken into this group is gone again: messages between the moments."""

    group_id: int
    first: datetime | None
    last: datetime | None
