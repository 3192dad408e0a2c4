"""Pure decisions of the chat context: a delivery's life, and how fast an account may speak."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qunce.chat.types import Capabilities, DeliveryState, Pace

_S = DeliveryState

TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    # Unknown: it was tried before, may have arrived, and is too late to be repeated.
    _S.PLANNED: frozenset({_S.CLAIMED, _S.SKIPPED, _S.UNKNOWN}),
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


@dataclass(slots=True)
class Bucket:
    """A token bucket: ``burst`` at once, ``per_second`` in the long run. Moments are seconds of one clock."""

    per_second: float
    burst: int
    tokens: float = field(init=False)
    at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Starts full."""
        self.tokens = float(self.burst)

    def _refill(self, now: float) -> None:
        if now > self.at:
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
            self.at = now

    def wait(self, now: float) -> float:
        """Seconds until one more may go."""
        self._refill(now)
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) / self.per_second

    def take(self, now: float) -> None:
        """One goes."""
        self._refill(now)
        self.tokens -= 1


class Pacer:
    """When an account may send: the platform's published limits for the account and for each chat.

    It lives in the gateway's memory and is relearned from the ledger by `replay`; `pause` obeys what the
    platform itself demands.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._account = Bucket(pace.per_second, pace.burst)
        self._chats: dict[int, Bucket] = {}
        self._paused_until = 0.0
        self._chats_paused: dict[int, float] = {}

    def replay(self, sends: Iterable[tuple[float, int]]) -> None:
        """Take earlier sends (moment, group id) into account, oldest first."""
        for moment, group_id in sends:
            self.take(group_id, moment)

    def pause(self, seconds: float, now: float, group_id: int | None = None) -> None:
        """The platform said "not now", to the account or for one chat."""
        if group_id is None:
            self._paused_until = max(self._paused_until, now + seconds)
        else:
            self._chats_paused[group_id] = max(self._chats_paused.get(group_id, 0.0), now + seconds)

    def wait(self, now: float) -> float:
        """Seconds until the account may send anything."""
        return max(self._paused_until - now, self._account.wait(now), 0.0)

    def room(self, now: float, most: int) -> int:
        """How many messages may go at this moment, at most ``most``."""
        if self.wait(now) > 0:
            return 0
        return max(1, min(most, int(self._account.tokens)))

    def chat_wait(self, group_id: int, now: float) -> float:
        """Seconds until this chat may get one more."""
        bucket = self._chats.get(group_id)
        return max(self._chats_paused.get(group_id, 0.0) - now, bucket.wait(now) if bucket else 0.0, 0.0)

    def waiting_chats(self, now: float) -> dict[int, float]:
        """Chats that must wait, and for how many seconds; those that need not any more are forgotten."""
        waits = {key: self.chat_wait(key, now) for key in {*self._chats, *self._chats_paused}}
        for key, seconds in waits.items():
            bucket = self._chats.get(key)
            if seconds == 0 and (bucket is None or bucket.tokens >= bucket.burst):
                self._chats.pop(key, None)
                self._chats_paused.pop(key, None)
        return {key: seconds for key, seconds in waits.items() if seconds > 0}

    def take(self, group_id: int, now: float) -> None:
        """One message goes to this chat."""
        self._account.take(now)
        if group_id not in self._chats:
            self._chats[group_id] = Bucket(self._pace.chat_per_second, self._pace.chat_burst)
            self._chats[group_id].at = now
        self._chats[group_id].take(now)


# ------------------------------------------------------------------ what a broadcast's text may say
VARIABLES: Mapping[str, str] = {
    "group": "群名",
    "members": "人数",
    "community": "社群",
    "date": "日期",
    "weekday": "星期",
}
"""What a broadcast may say of each of its targets, by name and by the Chinese name that means the same."""
