"""Actions and selectors for coroutines: in threads of their own, tried again while the database is away."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections

log = logging.getLogger(__name__)
T = TypeVar("T")
threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="database")
LONGEST_PAUSE = 3.0


def _given_back(call: Callable[[], T]) -> T:
    """Run, and give the connection back to the pool."""
    try:
        return call()
    finally:
        connections.close_all()


async def once(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run an action or selector in a thread."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads, _given_back, partial(call, *args, **kwargs))


async def surely(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """The same, until the database answers. Only for what may be done twice."""
    pause = 0.1
    while True:
        try:
            return await once(call, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            log.warning("the database does not answer, trying again: %s", error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
