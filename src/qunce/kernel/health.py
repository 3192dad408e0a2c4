"""Whether Qunce is well: every process of a role beats into the database, ``/healthz`` reads the beats.

Both use connections of their own, so that a busy pool is not taken for a dead process.
"""

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, TypedDict

import psutil
import psycopg
from django.http import HttpRequest, JsonResponse

from qunce.kernel import clock
from qunce.kernel.live import connection_params
from qunce.kernel.models import Heartbeat

log = logging.getLogger(__name__)

ROLES = ("web", "worker", "gateway")
EVERY = 5.0  # seconds from beat to beat
FRESH = 20.0  # a role whose youngest beat is older is not well
FORGET = timedelta(days=1)
PATIENCE = 2.5  # seconds in which /healthz has its answer, or says that the database gives none
KEEP = 1.0  # seconds an answer of /healthz serves everyone, so that nobody can flood the database with it

BEAT = """
    INSERT INTO kernel_heartbeat (role, process, at, detail) VALUES (%s, %s, %s, %s)
    ON CONFLICT (role, process) DO UPDATE SET at = excluded.at, detail = excluded.detail
"""


class Condition(TypedDict):
    """Of one part: ``age`` is the seconds since its youngest beat, null for the database and where there is none."""

    ok: bool
    age: float | None


@contextmanager
def beating(role: str, detail: Callable[[], str] | None = None) -> Iterator[None]:
    """Beat for ``role`` while the block runs; ``detail`` is asked for each beat, in a thread of its own."""
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(role, detail, ended), name=f"beat-{role}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(1)


def _beat(role: str, detail: Callable[[], str] | None, ended: threading.Event) -> None:
    process = f"{socket.gethostname()}:{os.getpid()}"
    wire: psycopg.Connection[tuple[Any, ...]] | None = None
    while not ended.is_set():
        try:
            if wire is None:
                wire = psycopg.connect(**connection_params(), autocommit=True)
                _forget(wire)
            wire.execute(BEAT, [role, process, clock.now(), detail() if detail else ""])
        except psycopg.Error as error:
            log.info("no beat of %s: %s", role, error)
            wire = None
        ended.wait(EVERY if wire else EVERY / 10)
    if wire:
        with suppress(psycopg.Error), wire:
            wire.execute("DELETE FROM kernel_heartbeat WHERE role = %s AND process = %s", [role, process])


def _forget(wire: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Delete beats of long ago, and of processes that died on this host without a word."""
    host = socket.gethostname()
    wire.execute("DELETE FROM kernel_heartbeat WHERE at < %s", [clock.now() - FORGET])
    for (process,) in wire.execute("SELECT process FROM kernel_heartbeat").fetchall():
        place, _, pid = process.rpartition(":")
        if place == host and not psutil.pid_exists(int(pid)):
            wire.execute("DELETE FROM kernel_heartbeat WHERE process = %s", [process])


def alive(role: str) -> int:
    """How many processes of a role have beaten lately."""
    return Heartbeat.objects.filter(role=role, at__gte=clock.now() - timedelta(seconds=FRESH)).count()


async def healthz(_request: HttpRequest) -> JsonResponse:
    """The condition of each part; 200 if all are well, 503 otherwise. Answers within 3 s, whatever happens."""
    async with _answer.lock:
        if time.monotonic() - _answer.at > KEEP:
            _answer.parts = _judge(await _read())
            _answer.at = time.monotonic()
        parts = _answer.parts
    well = all(part["ok"] for part in parts.values())
    response = JsonResponse({"ok": well, **parts}, status=200 if well else 503, headers={"Cache-Control": "no-store"})
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 (Django would log each 503 as an error)
    return response


class _Answer:
    """The last answer, and who is busy finding the next one."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.at = float("-inf")
        self.parts: dict[str, Condition] = {}


_answer = _Answer()


def _judge(youngest: dict[str, datetime] | None) -> dict[str, Condition]:
    """``youngest`` beat by role, or None where the database did not say."""
    parts: dict[str, Condition] = {"database": {"ok": youngest is not None, "age": None}}
    for role in ROLES:
        at = (youngest or {}).get(role)
        age = round((clock.now() - at).total_seconds(), 1) if at else None
        parts[role] = {"ok": age is not None and age < FRESH, "age": age}
    return parts


async def _read() -> dict[str, datetime] | None:
    # Not asyncio.timeout: a query that is cancelled asks the server to cancel it, and waits for one that hangs.
    reading = asyncio.create_task(_youngest())
    await asyncio.wait({reading}, timeout=PATIENCE)
    if not reading.done():
        reading.cancel()
        return None
    return reading.result()


async def _youngest() -> dict[str, datetime] | None:
    try:
        async with await psycopg.AsyncConnection.connect(**connection_params()) as wire:
            cursor = await wire.execute("SELECT role, max(at) FROM kernel_heartbeat GROUP BY role")
            return dict(await cursor.fetchall())
    except psycopg.Error as error:
        log.info("the database does not tell beats: %s", error)
        return None
