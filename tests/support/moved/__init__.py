"""A clock that a test moves, for every Python process that is started in its environment, servers included."""

from datetime import timedelta
from pathlib import Path

from qunce.kernel import clock


class MovedClock:
    """Goes on as the real one does, from wherever it was put. It never goes back."""

    def __init__(self, folder, begins):
        self._file = folder / "ahead"
        self.environment = {"PYTHONPATH": str(Path(__file__).parent), "MOVED_CLOCK": str(self._file)}
        self._write(begins - clock.now())

    def now(self):
        return clock.now() + self._ahead

    def move(self, length):
        """Let so much time go by at once."""
        self._write(self._ahead + max(length, timedelta()))

    def _write(self, ahead):
        self._ahead = ahead
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(ahead.total_seconds()))
        fresh.replace(self._file)
