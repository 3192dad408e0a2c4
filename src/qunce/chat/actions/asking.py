"""Asking a connector from ordinary code: in a loop of its own, in a thread of its own, for a bounded time."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from qunce.chat.connector import Connector

T = TypeVar("T")


def ask(connector: Connector, question: Callable[[], Awaitable[T]], within: float) -> T:
    """The connector's answer; it is closed afterwards. Whoever calls may have a loop running already.

    Raises what the connector raises, and TimeoutError after ``within`` seconds.
    """
    connector.load()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _ask(connector, question, within)).result()


async def _ask(connector: Connector, question: Callable[[], Awaitable[T]], within: float) -> T:
    try:
        async with asyncio.timeout(within):
            return await question()
    finally:
        await connector.close()
