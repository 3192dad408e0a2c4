"""The gateway's process: takes its share of the accounts and gives back what it cannot serve."""

import asyncio
import logging
import math
import os
import signal
import socket

from django.db import InterfaceError, OperationalError

from qunce.chat import actions as chat
from qunce.chat import selectors
from qunce.cli.gateway import database
from qunce.cli.gateway.account import Service
from qunce.kernel import health, live, revisions
from qunce.kernel.ids import new_id

log = logging.getLogger(__name__)
EVERY = 2.0  # seconds between renewals; a lease lasts five times as long


class Gateway:
    """Serves accounts, as many as are its share among the gateways that are alive."""

    def __init__(self) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{new_id()}"
        self.services: dict[int, Service] = {}
        self._settings: dict[int, tuple[str, str]] = {}
        self._revision = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop``."""
        while not stop.is_set():
            try:
                await self._tick()
            except (OperationalError, InterfaceError) as error:
                # Whoever cannot renew may still be the holder: ingest and claims find out in their transactions.
                log.warning("the database does not answer: %s", error)
            except Exception:
                log.exception("a round of the gateway failed")
            try:
                async with asyncio.timeout(EVERY):
                    await stop.wait()
            except TimeoutError:
                continue
        await self._end(list(self.services))

    async def _tick(self) -> None:
        held = await database.once(chat.renew_leases, holder=self.holder)
        lost = [key for key, service in self.services.items() if held.get(key) != service.epoch or service.ended]
        await self._end(lost)
        await self._start_changed_ones_anew()
        share = await database.once(self._share)
        if surplus := len(self.services) - share:
            if surplus > 0:
                await self._end(sorted(self.services)[:surplus])
            else:
                for key, epoch in await database.once(chat.acquire_leases, holder=self.holder, room_for=-surplus):
                    self.services[key] = Service(key, epoch)
        self._settings = await database.once(selectors.settings_of, list(self.services))

    def _share(self) -> int:
        return math.ceil(selectors.enabled_accounts() / max(health.alive("gateway"), 1))

    async def _start_changed_ones_anew(self) -> None:
        """An account whose configuration was changed is opened with the new one."""
        revision = (await database.once(revisions.current)).get("accounts", 0)
        if revision == self._revision:
            return
        self._revision = revision
        present = await database.once(selectors.settings_of, list(self.services))
        changed = [key for key in self.services if key in self._settings and present.get(key) != self._settings[key]]
        await self._end(changed)

    async def _end(self, account_ids: list[int]) -> None:
        if not account_ids:
            return
        ending = [self.services.pop(key) for key in account_ids]
        await asyncio.gather(*(service.stop() for service in ending), return_exceptions=True)
        await database.once(chat.release_leases, holder=self.holder, account_ids=account_ids)


async def _run() -> None:
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    await Gateway().run(stop)
    live.close()


def main() -> int:
    """Serve accounts until SIGTERM or SIGINT; returns the exit code."""
    with health.beating("gateway"):
        asyncio.run(_run())
    database.threads.shutdown(wait=False, cancel_futures=True)
    return 0
