"""Pages as a browser asks for them, and what they cost: shared by the benchmarks."""

import os
import resource
import statistics
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connection

from qunce.team import actions as team

if TYPE_CHECKING:
    from django.test import Client

TICKS = os.sysconf("SC_CLK_TCK")
WARM = 2
"""Requests that are not counted."""


def cpu() -> float:
    """Seconds of work of this process, and of the one that serves it in the database."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    theirs = 0.0
    connection.ensure_connection()
    with suppress(OSError):  # only Linux tells
        told = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text(encoding="ascii")
        theirs = sum(map(int, told.rpartition(")")[2].split()[11:13])) / TICKS
    return own.ru_utime + own.ru_stime + theirs


def visitor() -> "Client":
    """A browser in which the owner is signed in."""
    from django.test import Client

    link = team.issue_first_sign_in_link() or ""
    staff = team.use_sign_in_link(
        token=link.strip("/").rpartition("/")[2],
        email="bench@example.org",
        name="bench",
        password=os.urandom(12).hex(),
        zone="Asia/Shanghai",
    )
    client = Client()
    client.force_login(staff)
    return client


def asked(client: "Client", address: str, times: int) -> dict[str, float]:
    """Milliseconds of a page: the median, 95 of 100 times, and on average as work."""
    taken, worked = [], []
    for _time in range(times + WARM):
        start, before = time.perf_counter(), cpu()
        if client.get(address).status_code != 200:  # noqa: PLR2004 (HTTP)
            raise AssertionError(f"{address} is not shown")
        taken.append((time.perf_counter() - start) * 1000)
        worked.append((cpu() - before) * 1000)
    return {
        "cpu_ms": round(statistics.fmean(worked[WARM:]), 1),
        "ms": round(statistics.median(taken[WARM:]), 1),
        "p95_ms": round(statistics.quantiles(taken[WARM:], n=20)[-1], 1),
    }
