"""Live updates: after a commit, tell every process which topics changed; each viewer reads them anew.

A topic is a short word such as ``group:12``. Nothing but topics travels: what a page then shows is read
through selectors as its viewer. Notifications leave on a connection of their own, coalesced, because
NOTIFY inside a busy transaction makes all commits wait for each other.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

import psycopg
from django.db import connection, transaction

log = logging.getLogger(__name__)
CHANNEL = "qunce_live"
PAUSE = 0.1
LONGEST = 7000  # of a notification's 8000 bytes
HEARTBEAT = 15.0


def connection_params() -> dict[str, Any]:
    """What psycopg needs for a connection of its own to the database, beside Django's."""
    params = dict(connection.get_connection_params())
    return {k: v for k, v in params.items() if k not in {"cursor_factory", "context", "prepare_threshold"}}


class _Notifier:
    """One thread and connection per process that sends what was touched, ten times a second at most."""

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._ending = False

    def add(self, topics: Iterable[str]) -> None:
        with self._lock:
            self._topics.update(topics)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="live-notifier", daemon=True)
                self._thread.start()
        self._wake.set()

    def _take(self) -> str:
        with self._lock:
            taken, size = [], 0
            while self._topics and size < LONGEST:
                topic = self._topics.pop()
                taken.append(topic)
                size += len(topic.encode()) + 1
            return " ".join(taken)

    def hang_up(self) -> None:
        """Say what is left, close the connection; the next topic opens another."""
        thread, self._ending = self._thread, True
        if thread and thread.is_alive():
            self._wake.set()
            thread.join(2)
        self._ending = False

    def _run(self) -> None:
        wire: psycopg.Connection[tuple[object, ...]] | None = None
        while not self._ending:
            self._wake.wait()
            self._wake.clear()
            while payload := self._take():
                try:
                    wire = wire or psycopg.connect(**connection_params(), autocommit=True)
                    wire.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
                except psycopg.OperationalError:
                    # A page that misses a notification is refreshed by its next one; nothing is kept.
                    wire = None
                    break
            if not self._ending:
                time.sleep(PAUSE)
        if wire:
            wire.close()


_notifier = _Notifier()


def touch(*topics: str) -> None:
    """Say after the commit that these topics changed."""
    transaction.on_commit(lambda: _notifier.add(topics))


class _Hub:
    """One LISTEN connection per process and event loop; hands topics to the streams that want them."""

    def __init__(self) -> None:
        self.streams: dict[asyncio.Queue[str | None], frozenset[str]] = {}
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    def ensure(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        while not self.closing:
            with contextlib.suppress(psycopg.OperationalError):
                wire = await psycopg.AsyncConnection.connect(**connection_params(), autocommit=True)
                async with wire:
                    await wire.execute(f"LISTEN {CHANNEL}")
                    async for notice in wire.notifies():
                        self._hand_out(notice.payload.split(" "))
            await asyncio.sleep(0.5)

    def _hand_out(self, topics: Iterable[str]) -> None:
        touched = frozenset(topics)
        for queue, wanted in self.streams.items():
            for topic in wanted & touched:
                # A slow reader loses doubles, never the last word: its page reads the present state anyway.
                with contextlib.suppress(asyncio.QueueFull):
                    queue.put_nowait(topic)

    def close(self) -> None:
        self.closing = True
        for queue in self.streams:
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(None)
        if self._task:
            self._task.cancel()


_hub = _Hub()


async def listen(topics: Iterable[str], heartbeat: float = HEARTBEAT) -> AsyncIterator[str | None]:
    """Yield each of ``topics`` as it is touched, and None when nothing was for ``heartbeat`` seconds.

    Ends when the process shuts down. Whoever passes topics on to a viewer checks before that the viewer may see them.
    """
    _hub.ensure()
    queue: asyncio.Queue[str | None] = asyncio.Queue(100)
    _hub.streams[queue] = frozenset(topics)
    try:
        while not _hub.closing:
            try:
                topic = await asyncio.wait_for(queue.get(), heartbeat)
            except TimeoutError:
                yield None
                continue
            if topic is None:
                return
            yield topic
    finally:
        del _hub.streams[queue]


def close() -> None:
    """End all streams of this process; call from its event loop when it shuts down."""
    _hub.close()


def hang_up() -> None:
    """Close the connection that notifications leave by."""
    _notifier.hang_up()
