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
AGAIN = 1.0
LONGEST = 7000  # of a notification's 8000 bytes
HEARTBEAT = 15.0
REMEMBERED = 300.0  # seconds for which it is known what was touched
MARGIN = 5.0  # seconds that a request may be on its way while its page grows older


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
                known = wire is not None
                try:
                    wire = wire or psycopg.connect(**connection_params(), autocommit=True)
                    wire.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
                except psycopg.OperationalError:
                    # The server was away, or has closed what we knew: the topics go out over the next connection.
                    wire = None
                    self._take_back(payload)
                    if not known:
                        break
            if not self._ending:
                time.sleep(AGAIN if self._topics else PAUSE)
        if wire:
            wire.close()

    def _take_back(self, payload: str) -> None:
        with self._lock:
            self._topics.update(payload.split(" "))
        self._wake.set()


_notifier = _Notifier()


def touch(*topics: str) -> None:
    """Say after the commit that these topics changed."""
    transaction.on_commit(lambda: _notifier.add(topics))


class _Stream:
    """What one reader wants, and what it has not been told yet; each topic once, however often it was touched."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.wanted = frozenset(topics)
        self.untold: dict[str | None, None] = {}
        self.wake = asyncio.Event()

    def tell(self, topics: Iterable[str], *, begins: bool = False) -> None:
        if begins:
            self.untold[None] = None
        self.untold.update(dict.fromkeys(self.wanted.intersection(topics)))
        if self.untold:
            self.wake.set()


class _Hub:
    """One LISTEN connection per process and event loop; hands topics to the streams that want them.

    It remembers for a while what was touched when, so that whoever comes later is told what happened on the way.
    """

    def __init__(self) -> None:
        self.streams: set[_Stream] = set()
        self.closing = False
        self._task: asyncio.Task[None] | None = None
        self._listens_since: float | None = None
        self._touched: dict[str, float] = {}  # in the order of time

    def ensure(self) -> None:
        if self._task is None or self._task.done():
            self._listens_since = None
            self._task = asyncio.get_running_loop().create_task(self._listen())

    def join(self, stream: _Stream, since: float) -> None:
        """Hand topics to the stream from now on; at once those that may have been touched after ``since``."""
        self.streams.add(stream)
        if self._listens_since is None:
            return  # it will be told everything
        if since < max(self._listens_since, time.monotonic() - REMEMBERED):
            stream.tell(stream.wanted, begins=True)
        else:
            stream.tell((topic for topic in stream.wanted if self._touched.get(topic, -1) >= since), begins=True)

    async def _listen(self) -> None:
        while not self.closing:
            with contextlib.suppress(psycopg.OperationalError):
                wire = await psycopg.AsyncConnection.connect(**connection_params(), autocommit=True)
                async with wire:
                    await wire.execute(f"LISTEN {CHANNEL}")
                    self._begin()
                    async for notice in wire.notifies():
                        self._hand_out(notice.payload.split(" "))
            self._listens_since = None
            await asyncio.sleep(0.5)

    def _begin(self) -> None:
        """From now on nothing is missed; of what was before, nothing is known."""
        self._listens_since = time.monotonic()
        self._touched.clear()
        for stream in self.streams:
            stream.tell(stream.wanted, begins=True)

    def _hand_out(self, topics: list[str]) -> None:
        now = time.monotonic()
        for topic in topics:
            self._touched.pop(topic, None)
            self._touched[topic] = now
        while self._touched and now - next(iter(self._touched.values())) > REMEMBERED:
            del self._touched[next(iter(self._touched))]
        for stream in self.streams:
            stream.tell(topics)

    def close(self) -> None:
        self.closing = True
        for stream in self.streams:
            stream.wake.set()
        if self._task:
            self._task.cancel()


_hub = _Hub()


async def listen(topics: Iterable[str], *, age: float = 0, heartbeat: float = HEARTBEAT) -> AsyncIterator[str | None]:
    """Yield each of ``topics`` as it is touched; None once nothing is missed, and when ``heartbeat`` seconds passed.

    ``age``: how many seconds ago the caller has read what it shows. What may have been touched since then, or while
    the connection to the database was broken, is yielded as well: nobody waits for the next touch to be up to date.
    Ends when the process shuts down. Whoever passes topics on to a viewer checks before that the viewer may see them.
    """
    stream = _Stream(topics)
    _hub.ensure()
    _hub.join(stream, time.monotonic() - age - MARGIN)
    try:
        while not _hub.closing:
            try:
                await asyncio.wait_for(stream.wake.wait(), heartbeat)
            except TimeoutError:
                yield None
                continue
            stream.wake.clear()
            while stream.untold and not _hub.closing:
                topic = next(iter(stream.untold))
                del stream.untold[topic]
                yield topic
    finally:
        _hub.streams.discard(stream)


def close() -> None:
    """End all streams of this process; call from its event loop when it shuts down."""
    _hub.close()


def hang_up() -> None:
    """Close the connection that notifications leave by."""
    _notifier.hang_up()
