"""What the generic suite has to know of a platform: one subclass, `Platform`, per connector in `fixtures/<key>.py`."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import uuid4

from qunce.chat.connector import Ambiguous, Connector, NeedsOperator, Permanent, Retry, WireError
from qunce.chat.types import EVERY_GROUP, Arrival, Call, Content, Inbound, Operation, Outbound

ERRORS: tuple[type[WireError], ...] = (Permanent, Retry, NeedsOperator, Ambiguous)


@dataclass(frozen=True)
class Recorded:
    """A payload as the platform documents or sends it, and what it means."""

    name: str
    raw: Any
    events: Sequence[Inbound]


class Bench(ABC):
    """A platform that the connector can be tried on."""

    recorded: ClassVar[Sequence[Recorded]]
    malformed: ClassVar[Sequence[Any]]
    impossible: ClassVar[frozenset[type[WireError]]] = frozenset()
    """Errors that this wire cannot have."""

    @abstractmethod
    def __init__(self, request: Any) -> None:
        """Takes pytest's request, to get at fixtures."""

    @abstractmethod
    def message(self, text: str) -> Any:
        """A raw payload in which somebody says ``text``."""

    @abstractmethod
    def reader(self) -> Connector:
        """A connector that only reads payloads; it has no platform."""

    @abstractmethod
    def connector(self) -> Connector:
        """A new connector for the account, which can sign in."""

    @abstractmethod
    def group(self) -> str:
        """A new group with the account in it."""

    def say(self, group: str, text: str) -> str:
        """Somebody else says ``text``; the message's external id."""
        raise NotImplementedError

    @abstractmethod
    def standing(self, group: str) -> list[str] | None:
        """What we have said in a group as others see it; None where only the ledger knows."""

    def short_memory(self, monkeypatch: Any) -> AbstractContextManager[None]:
        """In the block, the connector reads again less than 130 messages of an absence."""
        raise NotImplementedError

    def operation(self, kind: type[Operation], group: str) -> Operation:
        """An operation of this kind that can be carried out in the group now (besides Recall and ReadHistory)."""
        raise NotImplementedError(
            f"fixtures of a connector that performs {kind.__name__} need operation({kind.__name__})"
        )

    def carried_out(self, operation: Operation) -> bool:
        """Whether the platform shows what the operation does."""
        raise NotImplementedError("fixtures of a connector that performs operations need carried_out()")

    def files(self, group: str) -> list[bytes] | None:
        """The files that we have sent to a group, as others get them; None where only the ledger knows."""
        raise NotImplementedError("fixtures of a connector that sends media need files()")

    def call(self, body: bytes) -> Call:
        """A call of the platform to the account's address, as `connector` would believe it."""
        raise NotImplementedError("fixtures of a connector that receives calls need call() and carrying()")

    def carrying(self, raw: Any) -> bytes:
        """The body of a call that brings one raw payload."""
        raise NotImplementedError("fixtures of a connector that receives calls need call() and carrying()")

    @abstractmethod
    def refusing(self, error: type[WireError]) -> AbstractContextManager[tuple[Connector, str]]:
        """A connector, and a group in which sending raises ``error`` (at the latest the twentieth time)."""


class Heard:
    """What has arrived so far, and the cursor after it."""

    def __init__(self, cursor: str | None) -> None:
        self.events: list[Inbound] = []
        self.unreadable: list[tuple[Any, str]] = []
        self.arrivals = 0
        self.cursor = cursor

    def take(self, arrival: Arrival) -> None:
        self.events += arrival.events
        self.unreadable += arrival.unreadable
        self.cursor = arrival.cursor or self.cursor
        self.arrivals += 1

    def of(self, kind: type[Inbound], group: str) -> list[Any]:
        """Events of one kind in one group, or in all of them."""
        return [each for each in self.events if isinstance(each, kind) and each.group in {group, EVERY_GROUP}]


async def crashing(
    connector: Connector, cursor: str | None, enough: Callable[[Heard], Any], within: float = 60
) -> Heard:
    """What arrives from ``cursor`` on until there is enough; then nothing more is asked for: nothing was stored."""
    heard = Heard(cursor)
    arrivals = connector.listen(cursor)
    assert arrivals is not None
    async with asyncio.timeout(within):
        async for arrival in arrivals:
            heard.take(arrival)
            if enough(heard):
                break
    await arrivals.aclose()  # type: ignore[attr-defined]
    return heard


class Listening(Heard):
    """Listens in the background, as if everything were stored at once, and collects what arrives."""

    def __init__(self, connector: Connector, cursor: str | None = None) -> None:
        super().__init__(cursor)
        self._connector = connector
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        self._task.add_done_callback(lambda _: self._news.set())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError, WireError):
            await self._task

    async def _listen(self) -> None:
        arrivals = self._connector.listen(self.cursor)
        assert arrivals is not None
        async for arrival in arrivals:
            self.take(arrival)
            self._news.set()

    async def until(self, reached: Callable[[list[Inbound]], Any], within: float = 20) -> None:
        """Wait until the events so far satisfy ``reached`` and their cursor is there."""
        async with asyncio.timeout(within):
            while not (self.arrivals and reached(self.events)):
                await self._news.wait()
                self._news.clear()
                if self._task.done() and not reached(self.events):
                    self._task.result()
                    raise AssertionError("listening ended")


@asynccontextmanager
async def opened(bench):
    connector = bench.connector()
    try:
        await connector.check()
        yield connector
    finally:
        await connector.close()


def text(group, words, **more):
    return Outbound(str(uuid4()), group, Content.of(words), **more)
