"""Which messages a history has stored: ids are made in order of time, so what is stored in a row is a range."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

Ranges: TypeAlias = Sequence[tuple[UUID, UUID]]
"""First and last id of messages that were stored together, in order."""


def within(key: UUID, ranges: Ranges) -> bool:
    """Whether an id lies in one of the ranges."""
    at = bisect_right(ranges, key, key=lambda each: each[0])
    return at > 0 and key <= ranges[at - 1][1]
