"""A Telegram connector on the stand-in of the Bot API."""

from contextlib import asynccontextmanager
from uuid import uuid4

from qunce.chat.connectors.telegram import Telegram, TelegramConfig
from qunce.chat.types import (
    Content,
    Outbound,
    Text,
)

HOOK = "https://qunce.example.org/hooks/5/"


@asynccontextmanager
async def opened(api, bot, hook=HOOK, **config):
    connector = Telegram(TelegramConfig(token=bot.token, api=api.url, **config))
    connector.hook = hook
    try:
        yield connector
    finally:
        await connector.close()


def out(chat, *parts, **more):
    said = tuple(Text(part) if isinstance(part, str) else part for part in parts)
    return Outbound(str(uuid4()), str(chat.id), Content(said), **more)
