"""A connector for tests with every kind of field and every answer to a check. Not a platform: nothing leaves."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from qunce.chat.connector import Connector, NeedsOperator, Retry, connectors
from qunce.chat.types import (
    Capabilities,
    Checked,
    Done,
    Inbound,
    Operation,
    Outbound,
    Pace,
    Performed,
    Reads,
    Replay,
    Sent,
)


class Mood(StrEnum):
    FINE = "fine"
    SIGNED_OUT = "signed_out"
    BUSY = "busy"
    SLEEPY = "sleepy"


class Settings(BaseModel):
    identity: str = Field("@probe", title="Identity", description="Who it says it is.", min_length=2)
    token: SecretStr = Field(title="Token", description="From the platform's settings.")
    second: SecretStr | None = Field(None, title="Second secret")
    mood: Mood = Field(Mood.FINE, title="Mood")
    most: int = Field(5, title="At most", ge=1, le=10)
    share: float = Field(0.5, title="Share", gt=0)
    loud: bool = Field(default=False, title="Loud", description="Whether it shouts.")


class Probe(Connector):
    title = "Probe"
    Config = Settings
    capabilities = Capabilities(
        replay=Replay.NONE,
        reads=Reads.ALL,
        pace=Pace(per_second=2, burst=2, chat_per_second=1, chat_burst=1),
        longest_text=40,
    )

    def __init__(self, config: BaseModel) -> None:
        assert isinstance(config, Settings)
        self.config = config

    async def check(self) -> Checked:
        match self.config.mood:
            case Mood.SIGNED_OUT:
                raise NeedsOperator("The token is no longer valid.")
            case Mood.BUSY:
                raise Retry(30, "The platform is busy.")
            case Mood.SLEEPY:
                await asyncio.sleep(60)
        token = self.config.token.get_secret_value()
        given = None if self.config.second else {"second": f"session of {token}"}
        return Checked(self.config.identity, "Probe", remarks=("It is raining.",), secrets=given)

    def parse(self, raw: Any) -> list[Inbound]:
        raise ValueError("nothing comes in")

    async def send(self, outbound: Outbound) -> Sent:
        return Sent(f"p-{outbound.delivery_id}", datetime(2026, 11, 22, tzinfo=UTC))

    async def perform(self, operation: Operation) -> Performed:
        return Done()


@contextmanager
def installed() -> Iterator[None]:
    """As if a plug-in had brought it."""
    len(connectors)
    connectors._admit("probe", sys.modules[__name__])
    try:
        yield
    finally:
        del connectors._kinds["probe"]
