"""One account's way in: what the wire brings is queued, and stored in batches of whatever is queued."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from qunce.chat import actions as chat
from qunce.chat import selectors
from qunce.chat.connector import Connector, NeedsOperator, Retry, WireError
from qunce.chat.types import AccountState, Arrival, Batch, HistoryPage, MessageReceived, Origin, ReadHistory, Replay
from qunce.cli.gateway import database

log = logging.getLogger(__name__)
MOST = 500  # events in one batch
QUEUED = 64  # arrivals; a full queue makes the wire wait
FIRST_PAUSE, LONGEST_PAUSE, OPERATORS_PAUSE = 1.0, 60.0, 60.0  # seconds
READ_BACK = 2000  # messages of a group's past
PAGE = 100


class Reading:
    """Listens, stores, and reads groups back."""

    def __init__(self, account_id: int, epoch: int, connector: Connector, wake_sender: Callable[[], None]) -> None:
        self.account_id = account_id
        self.epoch = epoch
        self.connector = connector
        self.wake_sender = wake_sender
        self.read_back_wanted = asyncio.Event()
        self.read_back_wanted.set()
        self._queue: asyncio.Queue[Arrival] = asyncio.Queue(QUEUED)

    async def listen(self) -> None:
        """Queue what the wire brings, from the stored cursor on; begins anew when the wire breaks.

        Where going on acknowledges what was brought, it goes on only after that is stored.
        """
        acknowledges = self.connector.capabilities.replay is Replay.ACK
        pause = FIRST_PAUSE
        while True:
            cursor = await database.surely(selectors.cursor_of, self.account_id)
            arrivals = self.connector.listen(cursor)
            if arrivals is None:
                return
            try:
                async for arrival in arrivals:
                    pause = FIRST_PAUSE
                    await self._queue.put(arrival)
                    if acknowledges:
                        await self._queue.join()
                    await self._report(AccountState.WORKING)
            except NeedsOperator as error:
                await self._report(AccountState.TROUBLE, str(error))
                pause = OPERATORS_PAUSE
            except Retry as error:
                await self._report(AccountState.WAITING, str(error))
                pause = error.after
            except (WireError, OSError, ValueError) as error:
                await self._report(AccountState.WAITING, f"{type(error).__name__}: {error}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _report(self, state: AccountState, detail: str = "") -> None:
        if getattr(self, "_reported", None) != (state, detail):
            self._reported = (state, detail)
            await database.surely(chat.record_account_state, account_id=self.account_id, state=state, detail=detail)

    async def store(self) -> None:
        """Store what is queued, as long as it takes; the queue fills up meanwhile and the wire waits."""
        while True:
            arrivals = [await self._queue.get()]
            while not self._queue.empty() and sum(len(each.events) for each in arrivals) < MOST:
                arrivals.append(self._queue.get_nowait())
            for batch in batches(arrivals, self.account_id, self.epoch):
                result = await database.surely(chat.ingest, batch)
                if result.planned:
                    self.wake_sender()
            for _ in arrivals:
                self._queue.task_done()

    async def read_back(self) -> None:
        """Read the past of groups that were adopted, a page at a time."""
        while True:
            await self.read_back_wanted.wait()
            self.read_back_wanted.clear()
            for unread in await database.surely(selectors.to_read_back, self.account_id):
                await self._read_back(unread)

    async def _read_back(self, unread: selectors.Unread) -> None:
        before, read = unread.before, unread.read
        state, error = "running", ""
        while state == "running":
            fresh = 0
            try:
                page = await self.connector.perform(ReadHistory(unread.group, before, PAGE))
            except Retry as retry:
                await asyncio.sleep(retry.after)
                continue
            except (WireError, OSError) as refused:
                state, error = "failed", str(refused)
            else:
                assert isinstance(page, HistoryPage)  # noqa: S101 (what ReadHistory promises)
                batch = Batch(self.account_id, Origin.BACKFILL, page.events, epoch=self.epoch)
                fresh = (await database.surely(chat.ingest, batch)).stored
                before = page.before
                read += sum(isinstance(event, MessageReceived) for event in page.events)
                state = "done" if before is None or read >= READ_BACK else "running"
            await database.surely(
                chat.note_read_back, seat_id=unread.seat_id, state=state, before=before, read=fresh, error=error
            )


def batches(arrivals: Sequence[Arrival], account_id: int, epoch: int) -> Iterator[Batch]:
    """Batches of at most MOST events; a cursor goes with the last event of its arrival, never before."""
    pending = Batch(account_id, Origin.LIVE, [], epoch=epoch)
    for arrival in arrivals:
        events = list(arrival.events)
        pending = replace(pending, unreadable=[*pending.unreadable, *arrival.unreadable])
        while len(pending.events) + len(events) > MOST:
            room = MOST - len(pending.events)
            yield replace(pending, events=[*pending.events, *events[:room]])
            del events[:room]
            pending = Batch(account_id, Origin.LIVE, [], epoch=epoch)
        pending = replace(pending, events=[*pending.events, *events], cursor=arrival.cursor or pending.cursor)
    if pending.events or pending.cursor or pending.unreadable:
        yield pending
