"""One account being served: its connector open, messages coming in and going out, until the lease is lost."""

import asyncio
import logging
from contextlib import suppress

from qunce.chat import actions as chat
from qunce.chat import selectors
from qunce.chat.connector import Connector, NeedsOperator, Retry, WireError
from qunce.chat.types import AccountState, Checked, Sender
from qunce.cli.gateway import database
from qunce.cli.gateway.reading import Reading
from qunce.cli.gateway.sending import Sending
from qunce.kernel import live
from qunce.kernel.errors import QunceError

log = logging.getLogger(__name__)
PAUSE = 15.0  # seconds between attempts to open an account
AGAIN = 2.0  # seconds until a service that failed is started again
FINISH = 1.5  # seconds that a message on its way gets at shutdown


class Service:
    """Serves one account under one epoch of its lease."""

    def __init__(self, account_id: int, epoch: int) -> None:
        self.account_id = account_id
        self.epoch = epoch
        self._sending: Sending | None = None
        self._task = asyncio.create_task(self._run(), name=f"account {account_id}")

    @property
    def ended(self) -> bool:
        """Whether it has stopped serving, by order or because the lease was lost."""
        return self._task.done()

    async def stop(self) -> None:
        """End: what is on its way is settled where that is quick."""
        if self._sending:
            with suppress(TimeoutError):
                async with asyncio.timeout(FINISH):
                    await self._sending.finish()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        ours = True
        while ours:
            connector = None
            try:
                connector, checked = await self._open()
                await self._serve(connector, checked)
            except* chat.LeaseLostError:
                log.info("account %s is served elsewhere now", self.account_id)
                ours = False
            except* Exception:
                log.exception("account %s stopped and is started again", self.account_id)
                await asyncio.sleep(AGAIN)
            finally:
                if connector:
                    await connector.close()

    async def _open(self) -> tuple[Connector, Checked]:
        """The connector, once its platform has said who we are."""
        while True:
            account = await database.surely(selectors.account_to_serve, self.account_id)
            connector: Connector | None = None
            state, pause = AccountState.WAITING, PAUSE
            try:
                connector = selectors.open_connector(account)
                await asyncio.to_thread(connector.load)
                checked = await connector.check()
                await database.surely(chat.record_checked, account_id=self.account_id, checked=checked)
            except (NeedsOperator, QunceError) as error:
                state, detail = AccountState.TROUBLE, str(error)
            except Retry as error:
                detail, pause = str(error), max(error.after, 1.0)
            except (WireError, OSError) as error:
                detail = str(error) or type(error).__name__
            else:
                return connector, checked
            if connector:
                await connector.close()
            await database.surely(chat.record_account_state, account_id=self.account_id, state=state, detail=detail)
            await asyncio.sleep(pause)

    async def _serve(self, connector: Connector, checked: Checked) -> None:
        us = Sender(checked.external_id, checked.name, is_bot=True)
        self._sending = Sending(self.account_id, self.epoch, connector, us)
        reading = Reading(self.account_id, self.epoch, connector, self._sending.wake)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sending.run())
            tasks.create_task(reading.listen())
            tasks.create_task(reading.store())
            tasks.create_task(reading.read_back())
            tasks.create_task(self._wake(self._sending, reading))

    async def _wake(self, sending: Sending, reading: Reading) -> None:
        """Pass on what other processes say: there is something to send, or to read back."""
        async for topic in live.listen([f"deliveries:{self.account_id}", "backfill"]):
            if topic == "backfill":
                reading.read_back_wanted.set()
            elif topic:
                sending.wake()
