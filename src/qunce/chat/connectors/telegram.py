"""Telegram, as a bot through the Bot API: polled, or brought to this installation by webhook.

In the background of everything: aiogram's types and client, which take seconds to load and are loaded when first
needed. Payloads are updates as the Bot API documents them.

Polling, the cursor is the number of the next update; asking for it makes Telegram forget what is before, so it is
asked for only after what was read has been committed. Telegram keeps updates for 24 hours. Brought updates come one
at a time, in order, and are acknowledged after the commit; each proves itself by a secret made from the token.

Groups are known to a bot only from what happens in them. A basic group that becomes a supergroup goes on under its
new id (GroupMoved). Topics are one group: a message's id carries its topic, and an answer goes into that topic.

Not there: lists of members, history, deletions by others, and recognising a repeated message: a crash while sending
leaves the outcome unknown.
"""

from collections.abc import AsyncIterator
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from hmac import compare_digest
from json import loads
from re import fullmatch
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from qunce.chat.connector import Connector, NeedsOperator, Permanent, Unproven, gettext_noop
from qunce.chat.types import (
    Arrival,
    Call,
    Capabilities,
    Checked,
    DecideJoin,
    Delete,
    Done,
    Edit,
    Inbound,
    MakeInvitation,
    Mute,
    MuteAll,
    Operation,
    Outbound,
    Pace,
    Performed,
    Pin,
    ReadHistory,
    Readmit,
    Reads,
    Recall,
    Remove,
    Replay,
    Sent,
    SetNotice,
)

if TYPE_CHECKING:
    from qunce.chat.connectors._telegram_hearing import Known
    from qunce.chat.connectors._telegram_wire import Wire

PUBLIC = "https://api.telegram.org"
_PROOF = "x-telegram-bot-api-secret-token"
_NO_TOKEN = gettext_noop("This is not a bot's token; it looks like 123456789:AAF… and comes from @BotFather.")
_NO_ADDRESS = gettext_noop("This is not a web address; it begins with https://.")
_NOT_REACHED = gettext_noop(
    "Telegram has to know where to bring what the bot hears: enter the address at which this installation is reached."
)
_PRIVACY = gettext_noop(
    "Where it is no administrator, Telegram shows this bot only what addresses it (privacy mode). To let it read"
    " everything, make it an administrator of its groups; or send /setprivacy to @BotFather, choose “Disable”, and"
    " add it to its groups anew."
)
_UNDELIVERED = gettext_noop("Telegram could not bring everything here; it tries again. It says:")
_known: "dict[int, dict[int, Known]]" = {}
"""Which chats this process has introduced of late, by bot: every call is answered by a new connector."""


def _token(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if not fullmatch(r"[0-9]{1,20}:[A-Za-z0-9_-]+", text):
        raise ValueError(_NO_TOKEN)
    return SecretStr(text)


def _address(text: str) -> str:
    text = text.strip().rstrip("/")
    if text:
        try:
            parts = urlsplit(text)
        except ValueError:
            raise ValueError(_NO_ADDRESS) from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(_NO_ADDRESS)
    return text


class Way(StrEnum):
    """How what the bot hears gets here."""

    POLLING = "polling"
    WEBHOOK = "webhook"


# The form shows the names of the choices: here they are marked for the catalogue.
gettext_noop("Polling")
gettext_noop("Webhook")


class TelegramConfig(BaseModel):
    """What an operator enters for a Telegram bot."""

    token: Annotated[SecretStr, AfterValidator(_token)] = Field(
        title=gettext_noop("Token of the bot"),
        description=gettext_noop("@BotFather gives it when the bot is made, and shows it under “API Token”."),
    )
    way: Way = Field(
        default=Way.POLLING,
        title=gettext_noop("How messages get here"),
        description=gettext_noop(
            "Polling works everywhere. With a webhook Telegram calls this installation, which it must be able to"
            " reach by https."
        ),
    )
    reached_at: Annotated[str, AfterValidator(_address)] = Field(
        default="",
        title=gettext_noop("Reached at"),
        description=gettext_noop(
            "For a webhook, where it is not the installation's own address: https://qunce.example.org"
        ),
    )
    api: Annotated[str, AfterValidator(_address)] = Field(
        default=PUBLIC,
        title=gettext_noop("Bot API"),
        description=gettext_noop("Another address only where you run a Bot API server of your own."),
    )


class Telegram(Connector):
    """One bot on Telegram."""

    title = "Telegram"
    Config: ClassVar[type[BaseModel]] = TelegramConfig
    capabilities = Capabilities(
        replay=Replay.ACK,
        reads=Reads.ALL,
        # Published: about 30 messages per second in all, one per second and 20 per minute in one group.
        pace=Pace(per_second=30, burst=30, chat_per_second=1, chat_burst=1, chat_per_minute=20),
        performs=frozenset(
            {
                Recall,
                Edit,
                Delete,
                Pin,
                SetNotice,
                Mute,
                MuteAll,
                Remove,
                Readmit,
                DecideJoin,
                MakeInvitation,
            }
        ),
        recall_hours=48,
        reply=True,
        mention=True,
        media=frozenset({"image", "file", "audio", "video"}),
        largest_file=50 * 1024 * 1024,
        albums=(frozenset({"image", "video"}), frozenset({"file"}), frozenset({"audio"})),
        polls=True,
        buttons=True,
        longest_text=4096,
    )

    def __init__(self, config: BaseModel) -> None:
        assert isinstance(config, TelegramConfig)  # noqa: S101 (the registry's own promise)
        self._config = config
        self._secret = config.token.get_secret_value()
        self._me = int(self._secret.partition(":")[0])

    @classmethod
    def load(cls) -> None:
        """Aiogram describes all of the Bot API as soon as it is imported, which takes seconds."""
        from qunce.chat.connectors import (  # noqa: F401 (loaded, to be used later)
            _telegram_hearing,
            _telegram_operations,
            _telegram_sending,
        )

    @cached_property
    def _wire(self) -> "Wire":
        from qunce.chat.connectors._telegram_wire import Wire

        return Wire(self._secret, self._config.api or PUBLIC)

    async def close(self) -> None:
        """Close the connections."""
        if "_wire" in self.__dict__:
            await self._wire.close()

    # -------------------------------------------------------------- who we are
    async def check(self) -> Checked:
        """Who we are; sees to it that what the bot hears gets here in the way that was chosen."""
        from aiogram.methods import GetMe, GetWebhookInfo

        try:
            me = await self._wire.ask(GetMe())
            webhook = await self._wire.ask(GetWebhookInfo())
            if self._config.way is Way.WEBHOOK:
                await self._have_it_brought()
            elif webhook.get("url"):
                await self._fetch_ourselves(webhook["url"])
        except Permanent as error:
            raise NeedsOperator(str(error)) from error
        remarks = [] if me.get("can_read_all_group_messages") else [_PRIVACY]
        late = webhook.get("pending_update_count") and webhook.get("last_error_message")
        if self._config.way is Way.WEBHOOK and late:
            remarks += [_UNDELIVERED, late]
        name = " ".join(filter(None, (me.get("first_name"), me.get("last_name"))))
        return Checked(str(self._me), name or str(self._me), remarks)

    @property
    def _own_address(self) -> str:
        """Where Telegram reaches this account; only a path where nobody knows."""
        base, _, rest = self.hook.partition("/hooks/")
        return f"{self._config.reached_at or base}/hooks/{rest}"

    @property
    def _proof(self) -> str:
        """What Telegram shows with every call: nobody without the token can know it."""
        return sha256(f"qunce webhook {self._secret}".encode()).hexdigest()

    async def _have_it_brought(self) -> None:
        """Updates one at a time: they come in order, and each waits for the commit of the one before."""
        from aiogram.methods import SetWebhook

        from qunce.chat.connectors._telegram_hearing import ALLOWED

        if not self.hook or not urlsplit(self._own_address).hostname:
            raise NeedsOperator(_NOT_REACHED)
        await self._wire.ask(
            SetWebhook(
                url=self._own_address, secret_token=self._proof, max_connections=1, allowed_updates=list(ALLOWED)
            )
        )

    async def _fetch_ourselves(self, brought_to: str) -> None:
        """End a webhook of our own; another program's is for a person to end."""
        from aiogram.methods import DeleteWebhook

        from qunce.chat.connectors._telegram_wire import ELSEWHERE

        if not self.hook or not brought_to.endswith(urlsplit(self.hook).path):
            raise NeedsOperator(ELSEWHERE)
        await self._wire.ask(DeleteWebhook(drop_pending_updates=False))

    # -------------------------------------------------------------- what comes in
    def parse(self, raw: Any) -> list[Inbound]:
        """Events of one update of the Bot API."""
        from qunce.chat.connectors import _telegram_updates as updates

        return updates.read(updates.load(raw), self._me)

    def listen(self, cursor: str | None) -> AsyncIterator[Arrival] | None:
        """Arrivals from ``cursor`` on; None where Telegram brings them."""
        if self._config.way is Way.WEBHOOK:
            return None
        from qunce.chat.connectors._telegram_hearing import Hearing

        return Hearing(self._wire, self._me).poll(cursor)

    async def receive(self, call: Call) -> Arrival:
        """The update that Telegram brings."""
        if not compare_digest(call.headers.get(_PROOF, "").encode(), self._proof.encode()):
            raise Unproven(call.path)
        from qunce.chat.connectors._telegram_hearing import Hearing

        try:
            raw = loads(call.body)
        except (ValueError, RecursionError) as error:
            return Arrival([], unreadable=[(call.body.decode(errors="replace"), str(error))])
        return await Hearing(self._wire, self._me, _known.setdefault(self._me, {})).arrival([raw])

    # -------------------------------------------------------------- what goes out
    async def send(self, outbound: Outbound) -> Sent:
        """Send one message, in as many parts as it needs."""
        from qunce.chat.connectors import _telegram_sending as sending

        return await sending.send(self._wire, outbound)

    async def perform(self, operation: Operation) -> Performed:
        """Whatever the capabilities promise."""
        from qunce.chat.connectors._telegram_operations import Operations

        if isinstance(operation, ReadHistory):
            return await super().perform(operation)
        return Done(await Operations(self._wire).carry_out(operation))
