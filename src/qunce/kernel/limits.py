"""How often something may be tried: counted in this process, forgotten after a while."""

from datetime import datetime, timedelta
from threading import Lock

from qunce.kernel import clock

MOST_KEYS = 10_000


class Limit:
    """At most ``most`` failures per key within ``per`` of the first of them."""

    def __init__(self, most: int, per: timedelta) -> None:
        self._most = most
        self._per = per
        self._failures: dict[str, tuple[datetime, int]] = {}
        self._lock = Lock()

    def reached(self, key: str) -> bool:
        """Whether this key has to wait."""
        since, count = self._failures.get(key, (clock.now(), 0))
        return count >= self._most and clock.now() - since < self._per

    def failed(self, key: str) -> None:
        """Count one failure."""
        now = clock.now()
        with self._lock:
            since, count = self._failures.get(key, (now, 0))
            if now - since >= self._per:
                since, count = now, 0
            if key not in self._failures and len(self._failures) >= MOST_KEYS:
                self._failures.clear()
            self._failures[key] = (since, count + 1)

    def forget(self) -> None:
        """Start afresh."""
        self._failures.clear()
