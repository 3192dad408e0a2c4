"""Words of the members context."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody as a platform describes them."""

    external_id: str
    name: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class StayChange:
    """Somebody entered (``joined``) or left a group. ``at`` None with ``joined``: found there."""

    group_id: int
    identity_id: int
    joined: bool
    at: datetime | None
    inviter_id: int | None = None
    source: str = ""
