"""One account's way out: claim, touch the wire, settle. The pace lives here and is relearned from the ledger."""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from qunce.chat import actions as chat
from qunce.chat import policies, selectors
from qunce.chat.connector import (
    Ambiguous,
    Connector,
    NeedsOperator,
    Permanent,
    Retry,
    WireError,
    gettext_noop,
)
from qunce.chat.types import (
    AccountState,
    DeliveryState,
    Done,
    GroupSeen,
    Inbound,
    Media,
    MessageDeleted,
    MessageReceived,
    Outbound,
    Recall,
    Sender,
    Sent,
    SetNotice,
    kind_of,
)
from qunce.cli.gateway import database
from qunce.kernel import clock
from qunce.kernel.errors import NotFound

log = logging.getLogger(__name__)
AT_ONCE = 20  # claims, where repeating is safe; elsewhere one, so that a crash leaves at most one unknown
IDLE = 2.0  # seconds between looks at the ledger when nothing woke us
REMEMBER = timedelta(minutes=5)
OPERATORS_PAUSE = 60.0
WIRE_PATIENCE = 60.0
FILE_GONE = gettext_noop("A file of the message is not stored any more.")
CANNOT = gettext_noop("The platform cannot do this.")
DAY_IS_FULL = gettext_noop("As many as this account may do in 24 hours are done; it goes on by itself.")


class Sending:
    """Empties the ledger of one account as fast as its platform permits."""

    def __init__(self, account_id: int, epoch: int, connector: Connector, us: Sender) -> None:
        self.account_id = account_id
        self.epoch = epoch
        self.connector = connector
        self.us = us
        self.capabilities = connector.capabilities
        self.woken = asyncio.Event()
        self.idle = asyncio.Event()
        self._stopping = False
        self._pace = connector.pace()
        self._pacer = policies.Pacer(self._pace)

    def wake(self) -> None:
        """There may be something to send."""
        self.woken.set()

    async def run(self) -> None:
        """Send for ever. Raises LeaseLostError when another gateway serves the account."""
        await database.surely(
            chat.take_over, account_id=self.account_id, epoch=self.epoch, capabilities=self.capabilities
        )
        self._relearn(await database.surely(selectors.recent_sends, self.account_id, REMEMBER))
        while not self._stopping:
            if wait := self._pacer.wait(time.monotonic()):
                await asyncio.sleep(min(wait, 1.0))
                continue
            self.woken.clear()
            claims = await self._claim()
            if claims:
                await self._carry_out(claims)
            else:
                await self._rest()
        self.idle.set()

    async def finish(self) -> None:
        """Claim nothing more, and wait until what is claimed is settled."""
        self._stopping = True
        self.wake()
        await self.idle.wait()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(IDLE):
                await self.woken.wait()
        except TimeoutError:
            return

    def _relearn(self, sends: Sequence[tuple[datetime, int]]) -> None:
        present, monotonic = clock.now(), time.monotonic()
        self._pacer.replay([(monotonic - (present - moment).total_seconds(), group_id) for moment, group_id in sends])

    async def _claim(self) -> list[chat.Claimed]:
        now = time.monotonic()
        room = self._pacer.room(now, AT_ONCE if self.capabilities.idempotent_hours else 1)
        waiting = sorted(self._pacer.waiting_chats(now))
        claims = await database.surely(
            chat.claim, account_id=self.account_id, epoch=self.epoch, limit=room, waiting=waiting
        )
        if len(claims) < room:
            claims += await database.surely(
                chat.claim_recalls, account_id=self.account_id, epoch=self.epoch, limit=room - len(claims)
            )
        return claims

    async def _carry_out(self, claims: Sequence[chat.Claimed]) -> None:
        """Chats at the same time, the messages of one chat in order."""
        by_chat = groupby(sorted(claims, key=attrgetter("group_id")), key=attrgetter("group_id"))
        async with asyncio.TaskGroup() as tasks:
            for _, of_chat in by_chat:
                tasks.create_task(self._serve(list(of_chat)))

    async def _serve(self, claims: Sequence[chat.Claimed]) -> None:
        for claimed in claims:
            if wait := self._pacer.chat_wait(claimed.group_id, time.monotonic()):
                await asyncio.sleep(wait)
            self._pacer.take(claimed.group_id, time.monotonic())
            await (self._recall(claimed) if claimed.recall else self._send(claimed))

    async def _send(self, claimed: chat.Claimed) -> None:
        """Send a message, or carry out the operation that is planned in its place."""
        shown: list[Inbound] = []
        try:
            self._still_recognised(claimed)
            await self._within_the_day(claimed)
            outbound = await self._outbound(claimed)
            async with asyncio.timeout(WIRE_PATIENCE):
                sent = await (self.connector.send(outbound) if outbound else self._perform(claimed))
        except Permanent as error:
            outcome = chat.Outcome(claimed.id, DeliveryState.FAILED, str(error))
        except (Retry, NeedsOperator) as error:
            outcome = await self._not_now(claimed, error)
        except Exception as error:  # noqa: BLE001 (whatever it is, the message may have arrived)
            outcome = self._perhaps(claimed, error)
        else:
            at = sent.at or clock.now()
            outcome = chat.Outcome(claimed.id, DeliveryState.SENT, external_id=sent.external_id, sent_at=at)
            if not self.capabilities.echoes:
                shown += self._echo(claimed, sent.external_id, at)
        await self._settle(outcomes=[outcome], shown=shown)

    def _echo(self, claimed: chat.Claimed, external_id: str, at: datetime) -> list[Inbound]:
        """What the group now shows, and a wire without echoes does not tell."""
        content, operation = claimed.content, claimed.operation
        if operation is None:
            said = content.plain
            return [MessageReceived(claimed.group, external_id, at, self.us, said, content.parts, claimed.reply_to)]
        return [GroupSeen(claimed.group, topic=operation.text)] if isinstance(operation, SetNotice) else []

    async def _outbound(self, claimed: chat.Claimed) -> Outbound | None:
        """The message with the bytes of our own files in it; None for an operation."""
        if claimed.operation:
            return None
        files = {}
        if any(isinstance(part, Media) for part in claimed.content.parts):
            try:
                files = await database.surely(selectors.files_in, claimed.content)
            except NotFound as error:
                raise Permanent(FILE_GONE) from error
        return Outbound(str(claimed.id), claimed.group, claimed.content, claimed.reply_to, files)

    async def _perform(self, claimed: chat.Claimed) -> Sent:
        operation = claimed.operation
        if operation is None or not self.capabilities.can(type(operation)):
            raise Permanent(CANNOT)
        done = await self.connector.perform(operation)
        return Sent(done.result if isinstance(done, Done) else "")

    def _still_recognised(self, claimed: chat.Claimed) -> None:
        """After a long break the platform has forgotten our transaction id: a repetition would come twice."""
        first = claimed.first_claimed_at or clock.now()
        if claimed.attempts > 1 and self._after_interruption(claimed) is not DeliveryState.PLANNED:
            raise Ambiguous(f"tried before at {first:%Y-%m-%d %H:%M} UTC, too long ago to be repeated safely")

    async def _within_the_day(self, claimed: chat.Claimed) -> None:
        """Where a platform wants no more of a kind in 24 hours, the rest waits; counted in the ledger itself."""
        kind = kind_of(claimed.operation) if claimed.operation else "message"
        most = self._pace.per_day.get(kind)
        if most is None:
            return
        oldest = await database.surely(selectors.nth_last_sent, self.account_id, kind, most)
        if wait := policies.until_free(oldest, clock.now()):
            raise Retry(wait.total_seconds(), DAY_IS_FULL, alone=True)

    def _after_interruption(self, claimed: chat.Claimed) -> DeliveryState:
        first, repeatable = claimed.first_claimed_at or clock.now(), claimed.operation is not None
        return policies.after_interruption(self.capabilities, first, clock.now(), repeatable=repeatable)

    async def _not_now(self, claimed: chat.Claimed, error: Retry | NeedsOperator) -> chat.Outcome:
        """Nothing was sent: the same delivery is due again when the platform, or the operator, permits."""
        if isinstance(error, NeedsOperator):
            seconds = OPERATORS_PAUSE
            await database.surely(
                chat.record_account_state,
                account_id=self.account_id,
                state=AccountState.TROUBLE,
                detail=str(error),
            )
        else:
            seconds = error.after
        only_chat = isinstance(error, Retry) and error.chat
        if not (isinstance(error, Retry) and error.alone):
            self._pacer.pause(seconds, time.monotonic(), claimed.group_id if only_chat else None)
        again = clock.now() + timedelta(seconds=seconds)
        self._wake_in(seconds)
        return chat.Outcome(
            claimed.id, DeliveryState.PLANNED, str(error), again_at=again, never_left=claimed.attempts == 1
        )

    def _perhaps(self, claimed: chat.Claimed, error: Exception) -> chat.Outcome:
        """It may have arrived: repeat where the platform recognises the repetition, else leave it to a person."""
        detail = f"{type(error).__name__}: {error}".rstrip(": ")
        log.info("delivery %s may have arrived: %s", claimed.id, detail)
        state = self._after_interruption(claimed)
        if state is DeliveryState.PLANNED and claimed.attempts < policies.MOST_REPEATS:
            pause = policies.pause_before_repeat(claimed.attempts)
            self._wake_in(pause.total_seconds())
            return chat.Outcome(claimed.id, state, detail, again_at=clock.now() + pause)
        return chat.Outcome(claimed.id, DeliveryState.UNKNOWN, detail)

    def _wake_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self.wake)

    async def _recall(self, claimed: chat.Claimed) -> None:
        recalls = chat.RecallOutcomes(done=[claimed.id])
        shown: list[Inbound] = []
        try:
            async with asyncio.timeout(WIRE_PATIENCE):
                await self.connector.perform(Recall(claimed.group, claimed.external_id, str(claimed.id)))
        except Permanent as error:
            recalls = chat.RecallOutcomes(refused={claimed.id: str(error)})
        except (WireError, OSError, TimeoutError) as error:
            after = error.after if isinstance(error, Retry) else OPERATORS_PAUSE
            if isinstance(error, Retry):
                self._pacer.pause(after, time.monotonic(), claimed.group_id if error.chat else None)
            recalls = chat.RecallOutcomes(later={claimed.id: clock.now() + timedelta(seconds=after)})
            self._wake_in(after)
        else:
            if not self.capabilities.echoes:
                shown.append(MessageDeleted(claimed.group, claimed.external_id, clock.now()))
        await self._settle(recalls=recalls, shown=shown)

    async def _settle(
        self,
        outcomes: Sequence[chat.Outcome] = (),
        recalls: chat.RecallOutcomes | None = None,
        shown: Sequence[Inbound] = (),
    ) -> None:
        await database.surely(
            chat.settle,
            account_id=self.account_id,
            epoch=self.epoch,
            outcomes=outcomes,
            recalls=recalls or chat.RecallOutcomes(),
            shown=shown,
        )
