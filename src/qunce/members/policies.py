"""Stays in groups, from joins and leaves that may come twice or out of order. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Stay:
    """One stay: ``joined_at`` None where they were there before we looked, ``left_at`` None while it lasts.

    ``id`` is None for a stay that is not stored yet; ``changed`` says that it has to be written.
    """

    id: int | None
    joined_at: datetime | None
    left_at: datetime | None
    changed: bool = False


def join(stays: list[Stay], at: datetime | None) -> bool:
    """Apply a join; ``at`` None: found there. Returns whether it tells something new."""
    current = next((stay for stay in stays if stay.left_at is None), None)
    if at is None:
        if current is None:
            stays.append(Stay(None, None, None, changed=True))
        return current is None
    if any(stay.joined_at == at for stay in stays):
        return False
    earlier = [s for s in stays if s.joined_at is None and s.left_at is not None and s.left_at >= at]
    unknown = min(earlier, key=_left, default=None)
    if unknown is None and current is not None and current.joined_at is None:
        unknown = current
    if unknown is not None:
        unknown.joined_at, unknown.changed = at, True
        return True
    if current is None:
        stays.append(Stay(None, at, None, changed=True))
    return current is None


def leave(stays: list[Stay], at: datetime) -> bool:
    """Apply a leave. Returns whether it tells something new."""
    if any(stay.left_at == at for stay in stays):
        return False
    current = next((stay for stay in stays if stay.left_at is None), None)
    if current is not None and (current.joined_at is None or current.joined_at <= at):
        current.left_at, current.changed = at, True
    else:
        stays.append(Stay(None, None, at, changed=True))
    return True


def _left(stay: Stay) -> datetime:
    assert stay.left_at is not None  # noqa: S101 (filtered by the caller)
    return stay.left_at


def in_order(times: Sequence[datetime | None]) -> list[int]:
    """Indices in order of time; what has no time comes last, so that it never hides a known moment."""
    return sorted(range(len(times)), key=lambda i: (times[i] is None, times[i] or 0))
