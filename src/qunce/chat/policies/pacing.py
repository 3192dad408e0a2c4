"""How fast an account may speak. Pure."""

import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qunce.chat.types import (
    Pace,
)


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


MINUTE = 60.0


@dataclass(slots=True)
class Window:
    """At most so many in any sixty seconds; ``most`` None: as many as one likes."""

    most: int | None
    _taken: deque[float] = field(default_factory=deque, init=False)

    def wait(self, now: float) -> float:
        """Seconds until one more may go."""
        if self.most is None or len(self._taken) < self.most:
            return 0.0
        return max(0.0, self._taken[-self.most] + MINUTE - now)

    def take(self, now: float) -> None:
        """One goes."""
        if self.most is not None:
            self._taken.append(now)
            while len(self._taken) > self.most:
                self._taken.popleft()

    def is_empty(self, now: float) -> bool:
        """Whether nothing that went still counts."""
        return not self._taken or self._taken[-1] + MINUTE <= now


class _Chat:
    """What one chat may get: a bucket by the second, a window by the minute, and what the platform demanded."""

    __slots__ = ("bucket", "paused_until", "window")

    def __init__(self, pace: Pace, now: float) -> None:
        self.bucket = Bucket(pace.chat_per_second, pace.chat_burst)
        self.bucket.at = now
        self.window = Window(pace.chat_per_minute)
        self.paused_until = 0.0

    def wait(self, now: float) -> float:
        return max(self.paused_until - now, self.bucket.wait(now), self.window.wait(now), 0.0)

    def take(self, now: float) -> None:
        self.bucket.take(now)
        self.window.take(now)

    def is_fresh(self, now: float) -> bool:
        """As if nothing had ever been sent there."""
        return self.wait(now) == 0 and self.bucket.tokens >= self.bucket.burst and self.window.is_empty(now)


DAY = timedelta(days=1)


def until_free(oldest: datetime | None, now: datetime) -> timedelta:
    """How long until one more may go; ``oldest``: the first of as many as 24 hours allow, None where fewer went."""
    return max(oldest + DAY - now, timedelta()) if oldest else timedelta()


class Pacer:
    """When an account may send: the platform's published limits for the account and for each chat.

    It lives in the gateway's memory and is relearned from the ledger by `replay`; `pause` obeys what the
    platform itself demands.
    """

    def __init__(self, pace: Pace, chance: Callable[[], float] = random.random) -> None:
        """``chance``: gives numbers from 0 to 1, for the jitter."""
        self._pace = pace
        self._chance = chance
        self._rests_until = 0.0
        self._account = Bucket(pace.per_second, pace.burst)
        self._chats: dict[int, _Chat] = {}
        self._paused_until = 0.0

    def replay(self, sends: Iterable[tuple[float, int]]) -> None:
        """Take earlier sends (moment, group id) into account, oldest first."""
        for moment, group_id in sends:
            self.take(group_id, moment)

    def pause(self, seconds: float, now: float, group_id: int | None = None) -> None:
        """The platform said "not now", to the account or for one chat."""
        if group_id is None:
            self._paused_until = max(self._paused_until, now + seconds)
        else:
            chat = self._chat(group_id, now)
            chat.paused_until = max(chat.paused_until, now + seconds)

    def wait(self, now: float) -> float:
        """Seconds until the account may send anything."""
        return max(self._paused_until - now, self._rests_until - now, self._account.wait(now), 0.0)

    def room(self, now: float, most: int) -> int:
        """How many messages may go at this moment, at most ``most``."""
        if self.wait(now) > 0:
            return 0
        return 1 if self._pace.jitter else max(1, min(most, int(self._account.tokens)))

    def chat_wait(self, group_id: int, now: float) -> float:
        """Seconds until this chat may get one more."""
        chat = self._chats.get(group_id)
        return chat.wait(now) if chat else 0.0

    def waiting_chats(self, now: float) -> dict[int, float]:
        """Chats that must wait, and for how many seconds; those that need not any more are forgotten."""
        waits = {key: chat.wait(now) for key, chat in self._chats.items()}
        self._chats = {key: chat for key, chat in self._chats.items() if not chat.is_fresh(now)}
        return {key: seconds for key, seconds in waits.items() if seconds > 0}

    def take(self, group_id: int, now: float) -> None:
        """One message goes to this chat."""
        self._account.take(now)
        if self._pace.jitter:
            self._rests_until = now + self._account.wait(now) + self._pace.jitter * self._chance()
        self._chat(group_id, now).take(now)

    def _chat(self, group_id: int, now: float) -> _Chat:
        if group_id not in self._chats:
            self._chats[group_id] = _Chat(self._pace, now)
        return self._chats[group_id]
