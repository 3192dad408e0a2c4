"""The interface of a connector: the code for one platform. One file per connector in ``chat/connectors/``.

A connector knows the wire and the message vocabulary, nothing else: no database, no Django. An instance
belongs to one account in one gateway and is used from one event loop.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, SecretStr

from qunce.chat.types import (
    Arrival,
    Call,
    Capabilities,
    Checked,
    Inbound,
    Operation,
    Outbound,
    Pace,
    Performed,
    Sent,
)
from qunce.kernel.registry import Registry


def gettext_noop(sentence: str) -> str:
    """Mark a sentence of a connector for the catalogue; whoever shows it translates it."""
    return sentence


class WireError(Exception):
    """Base of what a connector raises; anything else counts as `Ambiguous` while sending."""


class Permanent(WireError):
    """The platform refuses this message or operation for good; the reason is for the operator."""


class Retry(WireError):
    """Not now: nothing was sent. ``after`` seconds.

    ``chat`` where only this chat must wait, ``alone`` where only this message or operation must.
    """

    def __init__(self, after: float, reason: str = "", *, chat: bool = False, alone: bool = False) -> None:
        super().__init__(reason or f"retry after {after} s")
        self.after = after
        self.chat = chat
        self.alone = alone


class NeedsOperator(WireError):
    """The account cannot go on until a person does something (signed out, banned, wrong token)."""


class Ambiguous(WireError):
    """The wire broke after the message left: it may or may not have arrived."""


class Unproven(Exception):
    """A call to the account's address does not prove that it comes from the platform."""


class Connector(ABC):
    """One account on one platform."""

    key: ClassVar[str]
    title: ClassVar[str]
    Config: ClassVar[type[BaseModel]]
    """What the operator enters; fields of type SecretStr are stored encrypted and never shown again."""
    capabilities: ClassVar[Capabilities]
    hook: str = ""
    """The account's own address, which `receive` answers at; set where the connector is opened.

    It ends with a slash, and is only a path where the installation does not know how it is reached from outside.
    """

    def __init__(self, config: BaseModel) -> None:
        """Takes a validated Config; opens nothing yet."""

    @classmethod
    def secret_fields(cls) -> frozenset[str]:
        """The fields of Config that are stored encrypted and never shown again."""
        kinds = {name: field.annotation for name, field in cls.Config.model_fields.items()}
        return frozenset(name for name, kind in kinds.items() if SecretStr in (kind, *get_args(kind)))

    @classmethod
    def load(cls) -> None:
        """Load what takes its time, such as a large library. Called in a thread before the platform is waited for."""

    async def close(self) -> None:
        """Free what was opened. May be called more than once."""

    @abstractmethod
    async def check(self) -> Checked:
        """Ask the platform who we are. Raises NeedsOperator or Retry."""

    @abstractmethod
    def parse(self, raw: Any) -> list[Inbound]:
        """Turn one raw payload into events. Raises ValueError for what cannot be read; never loses the rest."""

    def listen(self, cursor: str | None) -> AsyncIterator[Arrival] | None:
        """Arrivals for ever, from ``cursor`` on (None: from now). None for wires that come by webhook only.

        The first arrival, perhaps an empty one, says that the wire stands. Raises Retry when it breaks and
        NeedsOperator; either way, listen again from the last cursor that was stored. Where `replay` is ACK, being
        asked for the next arrival means that the last one is stored for good.
        """

    async def receive(self, call: Call) -> Arrival:
        """What one call of the platform to our address says; it is acknowledged once that is stored.

        Raises Unproven, in constant time, unless the call proves that it comes from the platform. What cannot be
        read is the arrival's ``unreadable``.
        """
        raise Unproven(call.path)

    @abstractmethod
    async def send(self, outbound: Outbound) -> Sent:
        """Send one message. Raises Permanent, Retry, NeedsOperator or Ambiguous."""

    async def perform(self, operation: Operation) -> Performed:
        """Do something that the capabilities promise. Raises like `send`."""
        raise Permanent(f"{self.title} cannot do {type(operation).__name__}")

    def pace(self) -> Pace:
        """How fast this account may speak; the published limits, unless the operator's configuration knows better."""
        return self.capabilities.pace


connectors: Registry[Connector] = Registry(Connector, "connectors")  # type: ignore[type-abstract]


def carried_by_hand() -> list[str]:
    """The keys of the platforms whose messages a person carries over; no gateway serves them."""
    return [key for key, kind in connectors.items() if kind.capabilities.by_hand]
