"""What is said of the program that writes, and what may go wrong with it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EndpointView:
    """The endpoint as pages show it: without its key. ``calls``, ``tokens``: used today."""

    url: str
    model: str
    has_key: bool
    timeout: int
    calls_per_day: int
    tokens_per_day: int
    changed_by_name: str
    changed_at: datetime
    calls: int = 0
    tokens: int = 0


class UnwrittenError(Exception):
    """The endpoint has written nothing: ``reason`` is a message id."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
