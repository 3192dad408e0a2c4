"""The wire to a Bot API: one client, and what its refusals mean to us."""

import asyncio
from types import SimpleNamespace
from typing import Any

from aiogram import Bot, exceptions
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods import GetUpdates, Response, TelegramMethod
from aiohttp import ClientConnectorError

from qunce.chat.connector import Ambiguous, NeedsOperator, Permanent, Retry, WireError, gettext_noop

ANSWER_WITHIN = 40
"""Seconds that the Bot API has for an ordinary call; files take their time."""
AGAIN_AFTER = 5.0
"""Seconds to wait where the Bot API is away and does not say for how long."""

_WRONG_TOKEN = gettext_noop(
    "Telegram does not accept this token: @BotFather shows the present one under “API Token”."
)
_NOT_TELEGRAM = gettext_noop("No Bot API answers at this address, or it does not know this token.")
ELSEWHERE = gettext_noop(
    "What this bot hears is brought to another address. Choose “Webhook” to have it brought here,"
    " or let the other program call deleteWebhook first."
)
_ANOTHER_READER = gettext_noop(
    "Another program reads with this bot's token. Stop it, or get a new token from @BotFather and enter it here."
)
_AWAY = gettext_noop("Telegram cannot be reached.")
_LATE = gettext_noop("Telegram did not answer in time.")
_BROKEN = gettext_noop("Telegram has trouble of its own.")
_PATIENCE = gettext_noop("Telegram asks for patience.")
_TOO_LARGE = gettext_noop("The file is too large for Telegram.")
_REFUSALS = {
    "was kicked": gettext_noop("The bot was removed from this group."),
    "not a member": gettext_noop("The bot is not in this group."),
    "blocked by the user": gettext_noop("This person has blocked the bot."),
    "can't initiate conversation": gettext_noop("This person has never written to the bot, which may not begin."),
    "user is deactivated": gettext_noop("This person's account no longer exists."),
    "chat not found": gettext_noop("Telegram does not know this chat, or the bot was never in it."),
    "deactivated": gettext_noop("This group no longer exists."),
    "rights": gettext_noop("The bot lacks the right to do this: make it an administrator with that right."),
    "chat_admin_required": gettext_noop("The bot must be an administrator of the group to do this."),
    "write_forbidden": gettext_noop("The group does not let the bot write."),
    "topic_closed": gettext_noop("This topic is closed."),
    "thread not found": gettext_noop("This topic no longer exists."),
    "method is available": gettext_noop("Telegram does this in supergroups only; this is a basic group."),
    "can't be deleted": gettext_noop("Telegram no longer lets the bot take this message away."),
    "can't be edited": gettext_noop("Telegram no longer lets the bot change this message."),
    "user is an administrator": gettext_noop("This person is an administrator of the group."),
    "chat owner": gettext_noop("This person is the owner of the group."),
    "too long": gettext_noop("The message is too long for Telegram."),
}


class Refused(Permanent):
    """Telegram refuses; ``words`` are its own, in lower case."""

    def __init__(self, words: str) -> None:
        self.words = words.lower()
        known = (sentence for part, sentence in _REFUSALS.items() if part in self.words)
        super().__init__(next(known, words))


class Moved(Refused):
    """The group has become a supergroup with the id ``to``."""

    def __init__(self, words: str, to: int) -> None:
        super().__init__(words)
        self.to = to


class _AsTold(AiohttpSession):
    """Answers as JSON: what is sent is sent, and what came came, whatever an older or newer server says of it."""

    def check_response(self, bot: Bot, method: TelegramMethod[Any], status_code: int, content: str) -> Response[Any]:
        """The answer, or the error that it is."""
        untyped: Any = SimpleNamespace(__returning__=Any, chat_id=getattr(method, "chat_id", None))
        return super().check_response(bot, untyped, status_code, content)


class Wire:
    """Calls of one bot; answers are JSON."""

    def __init__(self, token: str, address: str) -> None:
        self._token = token
        self._address = address
        self._bot: Bot | None = None

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if self._bot:
            bot, self._bot = self._bot, None
            await bot.session.close()

    async def ask(self, method: TelegramMethod[Any], *, within: int = ANSWER_WITHIN) -> Any:
        """Ask for something. Raises Permanent, NeedsOperator, or Retry: ask again later."""
        try:
            return await self.tell(method, within=within)
        except Ambiguous as error:
            raise Retry(AGAIN_AFTER, str(error)) from error

    async def tell(self, method: TelegramMethod[Any], *, within: int = ANSWER_WITHIN) -> Any:
        """Have something done. Raises Permanent, NeedsOperator, Retry where nothing was done, else Ambiguous."""
        if self._bot is None:
            session = _AsTold(api=TelegramAPIServer.from_base(self._address))
            self._bot = Bot(self._token, session=session)
        try:
            return await self._bot(method, request_timeout=within)
        except exceptions.AiogramError as error:
            raise _meaning(error, chat=hasattr(method, "chat_id")) from error

    async def updates(self, offset: int | None, seconds: int, allowed: list[str]) -> list[dict[str, Any]]:
        """What waits from ``offset`` on, which forgets what is before it; waits so long for something to happen."""
        method = GetUpdates(offset=offset, limit=100, timeout=seconds, allowed_updates=allowed)
        return list(await self.ask(method, within=seconds + ANSWER_WITHIN))


def _meaning(error: exceptions.AiogramError, *, chat: bool) -> WireError:  # noqa: C901, PLR0911 (one line per meaning)
    match error:
        case exceptions.TelegramRetryAfter():
            return Retry(max(error.retry_after, 1), _PATIENCE, chat=chat)
        case exceptions.TelegramMigrateToChat():
            return Moved(error.message, error.migrate_to_chat_id)
        case exceptions.TelegramUnauthorizedError():
            return NeedsOperator(_WRONG_TOKEN)
        case exceptions.TelegramNotFound():
            return NeedsOperator(_NOT_TELEGRAM)
        case exceptions.TelegramConflictError():
            return NeedsOperator(ELSEWHERE if "webhook" in error.message else _ANOTHER_READER)
        case exceptions.TelegramEntityTooLarge():
            return Permanent(_TOO_LARGE)
        case exceptions.TelegramServerError():
            return Ambiguous(_BROKEN)
        case exceptions.TelegramNetworkError():
            if isinstance(error.__cause__, ClientConnectorError):
                return Retry(AGAIN_AFTER, _AWAY)
            return Ambiguous(_LATE if isinstance(error.__cause__, asyncio.TimeoutError) else _BROKEN)
        case exceptions.TelegramAPIError():
            _, _, words = error.message.partition(": ")
            return Refused(words or error.message)
        case _:  # an answer that is not the Bot API's
            return Ambiguous(_NOT_TELEGRAM)
