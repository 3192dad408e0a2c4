"""A delivery's life: what it may become, and what an interruption makes of it. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from qunce.chat.types import (
    Capabilities,
    DeliveryState,
)

_S = DeliveryState

TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    # Held is out of a gateway's reach until its wave is released, or its broadcast resumed.
    _S.HELD: frozenset({_S.PLANNED, _S.SKIPPED}),
    # Unknown: it was tried before, may have arrived, and is too late to be repeated.
    _S.PLANNED: frozenset({_S.CLAIMED, _S.HELD, _S.SKIPPED, _S.UNKNOWN}),
    # A claim is committed before the wire is touched; what became of it is one of these.
    _S.CLAIMED: frozenset({_S.SENT, _S.FAILED, _S.UNKNOWN, _S.PLANNED}),
    # Only evidence (an echo) or a person settles what is unknown.
    _S.UNKNOWN: frozenset({_S.SENT, _S.PLANNED, _S.FAILED}),
    _S.FAILED: frozenset({_S.PLANNED}),
    # Who carried it by hand may take their word back for a few minutes: they hold it again.
    _S.SENT: frozenset({_S.RECALLED, _S.CLAIMED}),
    _S.SKIPPED: frozenset({_S.CLAIMED}),
    _S.RECALLED: frozenset(),
}
"""What a delivery may become. Nothing leads from sent back to planned: what was sent is never sent again."""

CARRYING_LASTS = timedelta(minutes=5)
"""How long somebody who carries a message over by hand has it to themselves."""
WORD_STANDS_AFTER = timedelta(minutes=10)
"""How long they may take back that they sent it, or left it out."""

LONGEST_PAUSE = timedelta(minutes=5)
MOST_REPEATS = 8


def may_become(state: DeliveryState, target: DeliveryState) -> bool:
    """Whether a delivery in ``state`` may become ``target``."""
    return target in TRANSITIONS[state]


def after_interruption(
    capabilities: Capabilities, first_claimed_at: datetime, now: datetime, *, repeatable: bool = False
) -> DeliveryState:
    """What becomes of a claim whose outcome nobody knows.

    Where the platform recognises a repeated transaction id, and still does, it is planned again; elsewhere it
    is unknown, shown to the operator and never repeated by itself. ``repeatable``: doing it twice is doing it
    once (operations: muting, pinning, setting a notice).
    """
    if repeatable:
        return _S.PLANNED
    safe = timedelta(hours=capabilities.idempotent_hours)
    return _S.PLANNED if safe and now - first_claimed_at < safe else _S.UNKNOWN


def pause_before_repeat(attempts: int) -> timedelta:
    """Growing pauses between repeats of one delivery: 2 s, 4 s, 8 s … up to five minutes."""
    return min(timedelta(seconds=2 ** min(attempts, 16)), LONGEST_PAUSE)
