"""QQ, through an implementation of OneBot 11 (NapCat, LLOneBot, Lagrange …) that the account is signed in to.

The implementation connects to us ("reverse WebSocket") at a port of the account's own, or we connect to it. What it
speaks is small, so is our parser; the libraries for it bring web servers and are no longer kept.

What the wire promises: nothing. Events that come while nobody is connected are gone, and an action whose answer is
lost may have been done. So: absences are filled from the history of each group, with a visible gap where that does
not reach, and a message whose answer is lost is left to a person. NapCat says "Timeout" of messages that have
arrived; that counts as a lost answer too.

QQ watches accounts that behave like machines. Messages leave one by one, with pauses of uneven length, and each kind
of action has a limit for any 24 hours. These are counted in the ledger, so a restart forgets nothing.

Private chats are read as groups of two (``user:`` and the number). Messages are taken back within two minutes, which
is what QQ grants everybody; an administrator may also delete what others said.
"""

import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from qunce.chat.connector import Ambiguous, Connector, NeedsOperator, Permanent, Retry, WireError, gettext_noop
from qunce.chat.connectors import _onebot11_events as events
from qunce.chat.connectors._onebot11_history import History, digits
from qunce.chat.connectors._onebot11_link import AGAIN
from qunce.chat.connectors._onebot11_messages import LONGEST_TEXT, written
from qunce.chat.connectors._onebot11_operations import action, announces
from qunce.chat.connectors._onebot11_reading import Reader
from qunce.chat.connectors._onebot11_refusals import SIGNED_OUT
from qunce.chat.connectors._onebot11_wire import PortTakenError, Wire
from qunce.chat.types import (
    Arrival,
    Capabilities,
    Checked,
    DecideJoin,
    Delete,
    Done,
    Inbound,
    Mute,
    MuteAll,
    Operation,
    Outbound,
    Pace,
    Performed,
    Pin,
    ReadHistory,
    Reads,
    Recall,
    Remove,
    Replay,
    Sent,
    SetNotice,
)

SHORTEST_TOKEN = 16
STAMP_WITHIN = 3.0
REST = 15.0
"""Seconds until what waits is tried again while nothing is connected."""
REMEMBERED = 1000
"""Things that we took away: taking them away again is no mistake."""
FILES = "+file:"
"""In the id of what we sent: the files that were uploaded with it, to be taken back with it."""
_GONE = re.compile(r"已.{0,2}撤回|already.{0,6}recalled", re.IGNORECASE)

_NO_TOKEN = gettext_noop(
    "Give an access token of at least 16 characters: whoever knows it can speak for the account."
)
_NO_ADDRESS = gettext_noop("This is not a WebSocket address; it begins with ws:// or wss://.")
_NO_NUMBER = gettext_noop("A QQ number has digits only.")
_HALF = gettext_noop("The text was sent, but a file of the message was not:")
_FILE_STAYS = gettext_noop("A file of this message can only be taken back in QQ itself.")
_OTHER_NUMBER = gettext_noop("The OneBot implementation is signed in to QQ with another number.")


def _address(text: str) -> str:
    address = text.strip()
    if address and not re.match(r"wss?://[^/\s]", address):
        raise ValueError(_NO_ADDRESS)
    return address


def _number(text: str) -> str:
    if text.strip() and not text.strip().isdecimal():
        raise ValueError(_NO_NUMBER)
    return text.strip()


class Onebot11Config(BaseModel):
    """What an operator enters for a QQ account."""

    access_token: SecretStr = Field(
        title=gettext_noop("Access token"),
        description=gettext_noop(
            "The same one as in the OneBot implementation, made up by you: at least 16 characters."
        ),
    )
    port: int = Field(
        default=8190,
        ge=1,
        le=65535,
        title=gettext_noop("Port"),
        description=gettext_noop("Where the OneBot implementation connects to. Every account has its own."),
    )
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        title=gettext_noop("Listens at"),
        description=gettext_noop("127.0.0.1 where both run on one computer, 0.0.0.0 for connections from anywhere."),
    )
    address: Annotated[str, AfterValidator(_address)] = Field(
        default="",
        title=gettext_noop("Address of the implementation"),
        description=gettext_noop(
            "Only where Qunce is to connect to it, such as ws://127.0.0.1:3001. Otherwise leave it empty."
        ),
    )
    qq: Annotated[str, AfterValidator(_number)] = Field(
        default="",
        title=gettext_noop("QQ number"),
        description=gettext_noop("If given, no other account is let in."),
    )
    accept_invitations: bool = Field(
        default=False,
        title=gettext_noop("Accept invitations"),
        description=gettext_noop(
            "Enter every group that the account is invited to. Qunce speaks only in adopted ones."
        ),
    )
    seconds_between: float = Field(
        default=2.5,
        ge=0.5,
        le=60,
        title=gettext_noop("Seconds between messages"),
        description=gettext_noop("At least; uneven pauses are added. QQ blocks accounts that speak too fast."),
    )
    messages_per_day: int = Field(
        default=1000,
        ge=1,
        title=gettext_noop("Messages in 24 hours"),
        description=gettext_noop("At most; further ones wait. New accounts should begin lower."),
    )
    mutes_per_day: int = Field(
        default=200,
        ge=1,
        title=gettext_noop("Mutes in 24 hours"),
        description=gettext_noop("At most; further ones wait."),
    )
    removals_per_day: int = Field(
        default=50,
        ge=1,
        title=gettext_noop("Removals in 24 hours"),
        description=gettext_noop("Of members, at most; further ones wait."),
    )
    decisions_per_day: int = Field(
        default=300,
        ge=1,
        title=gettext_noop("Join requests in 24 hours"),
        description=gettext_noop("Answered at most; further ones wait."),
    )

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if not self.address and len(self.access_token.get_secret_value()) < SHORTEST_TOKEN:
            raise ValueError(_NO_TOKEN)
        return self


class Onebot11(Connector):
    """One QQ account, signed in to a OneBot implementation."""

    title = gettext_noop("QQ (OneBot 11)")
    Config: ClassVar[type[BaseModel]] = Onebot11Config
    capabilities = Capabilities(
        replay=Replay.HISTORY,
        reads=Reads.ALL,
        pace=Pace(per_second=0.4, burst=1, chat_per_second=0.2, chat_burst=1, jitter=2.0),
        performs=frozenset({Recall, ReadHistory, Delete, Mute, MuteAll, Remove, SetNotice, Pin, DecideJoin}),
        recall_hours=2 / 60,
        reply=True,
        mention=True,
        media=frozenset({"image", "file", "audio", "video"}),
        largest_file=30 * 2**20,
        albums=(frozenset({"image"}),),
        longest_text=LONGEST_TEXT,
    )

    def __init__(self, config: BaseModel) -> None:
        assert isinstance(config, Onebot11Config)  # noqa: S101 (the registry's own promise)
        self._config = config
        self._gone: deque[tuple[Any, ...]] = deque(maxlen=REMEMBERED)
        self._wire = Wire(
            host=config.host,
            port=config.port,
            token=config.access_token.get_secret_value(),
            address=config.address,
            me=config.qq,
        )

    async def close(self) -> None:
        """Close the connection and the port."""
        await self._wire.close()

    def pace(self) -> Pace:
        """As slow as the operator wants it, and no more a day than that."""
        config = self._config
        return replace(
            self.capabilities.pace,
            per_second=1 / config.seconds_between,
            chat_per_second=0.5 / config.seconds_between,
            jitter=0.8 * config.seconds_between,
            per_day={
                "message": config.messages_per_day,
                "mute": config.mutes_per_day,
                "remove": config.removals_per_day,
                "decide_join": config.decisions_per_day,
            },
        )

    # -------------------------------------------------------------- who we are
    async def check(self) -> Checked:
        """Who is connected; where another process of ours has the port, it is asked."""
        try:
            await self._wire.open()
        except PortTakenError:
            told = await self._wire.ask_neighbour()
        else:
            told = await self._wire.who()
        if self._config.qq and told["number"] != self._config.qq:
            raise NeedsOperator(_OTHER_NUMBER)
        if not told["online"]:
            raise NeedsOperator(SIGNED_OUT)
        self._wire.me = told["number"]
        return Checked(told["number"], told["name"] or told["number"], [told["app"]] if told["app"] else [])

    # -------------------------------------------------------------- what comes in
    def parse(self, raw: Any) -> list[Inbound]:
        """Events of one frame that the implementation has sent."""
        if not isinstance(raw, dict):
            raise ValueError("expected an object")  # noqa: TRY004 (what parse promises)
        return events.read(raw, self._wire.me or str(raw.get("self_id", "")))

    async def listen(self, cursor: str | None) -> AsyncIterator[Arrival]:
        """The groups that we are in, what was said since ``cursor``, and what happens from now on."""
        link = await self._wire.link()
        if not self._wire.me:
            self._wire.me = (await self._wire.who())["number"]
        if not link.online:
            await self._wire.ask_status(link)
        reader = Reader(self._wire, link, self._wire.me, accept_invitations=self._config.accept_invitations)
        try:
            async for arrival in reader.arrivals(cursor):
                yield arrival
        except Permanent as error:  # A list of groups is not refused for ever.
            raise Retry(AGAIN, str(error)) from error

    # -------------------------------------------------------------- what goes out
    async def send(self, outbound: Outbound) -> Sent:
        """Send one message; files of it are uploaded to the group after its text."""
        segments, files = written(outbound)
        await self._must_be_online()
        sent, at = "", None
        if segments:
            sent = await self._say(outbound.group, segments)
            at = await self._stamp(sent)
        for name, data in files:
            try:
                sent += FILES + await self._upload(outbound.group, name, data)
            except WireError as error:
                if sent:
                    raise Ambiguous("\n".join([_HALF, str(error)])) from error
                raise
        return Sent(sent.removeprefix("+"), at)

    async def _must_be_online(self) -> None:
        try:
            link = await self._wire.link()
        except Retry as error:  # Nothing is gained by asking the ledger every second what waits.
            raise Retry(max(error.after, REST), str(error)) from error
        if not link.online:
            raise NeedsOperator(SIGNED_OUT)

    async def _say(self, group: str, segments: list[dict[str, Any]]) -> str:
        name = "send_private_msg" if group.startswith(events.DIRECT) else "send_group_msg"
        answer = await self._wire.act(name, {**_to(group), "message": segments}, sends=True)
        key = answer.get("message_id") if isinstance(answer, dict) else None
        return str(key) if key else ""

    async def _stamp(self, key: str) -> datetime | None:
        """The platform's moment of what we have just sent: the history will bring it with that one."""
        try:
            found = await self._wire.read("get_msg", {"message_id": digits(key)}, within=STAMP_WITHIN)
            return events.moment(found)
        except (WireError, KeyError, TypeError, ValueError, OverflowError):
            return None

    async def _upload(self, group: str, name: str, data: str) -> str:
        action_name = "upload_private_file" if group.startswith(events.DIRECT) else "upload_group_file"
        answer = await self._wire.act(action_name, {**_to(group), "file": data, "name": name}, sends=True)
        return str(answer.get("file_id") or "") if isinstance(answer, dict) else ""

    # -------------------------------------------------------------- what else is done
    async def perform(self, operation: Operation) -> Performed:
        """What QQ lets administrators do, taking back, and reading the past."""
        match operation:
            case ReadHistory(group, before, limit):
                return await History(self._wire).read_back(group, before, limit, self._wire.me)
            case Recall(group, external_id):
                await self._take_back(group, external_id)
            case Delete(_, external_id):
                await self._delete(external_id)
            case _ if asked := action(operation):
                await self._must_be_online()
                if not (isinstance(operation, SetNotice) and await self._is_announced(operation)):
                    await self._wire.act(*asked)
            case _:
                return await super().perform(operation)
        return Done()

    async def _is_announced(self, notice: SetNotice) -> bool:
        """Announcements are added to the others: one that stands already would be there twice."""
        try:
            told = await self._wire.read("_get_group_notice", {"group_id": digits(notice.group)})
        except Permanent:  # Not every implementation lists them.
            return False
        return announces(told.get("list"), notice.text)

    async def _take_back(self, group: str, external_id: str) -> None:
        """Everything that one message of ours became: its text, and the files that went with it."""
        key, *files = f"+{external_id}".split(FILES)
        if files and (not all(files) or group.startswith(events.DIRECT)):
            raise Permanent(_FILE_STAYS)
        if key:
            await self._delete(key.removeprefix("+"))
        for each in files:
            await self._once("delete_group_file", {"group_id": digits(group), "file_id": each})

    async def _delete(self, key: str) -> None:
        await self._once("delete_msg", {"message_id": digits(key)})

    async def _once(self, name: str, params: dict[str, Any]) -> None:
        """Take something away. What we have taken away already, or somebody else, is gone: that is no refusal."""
        key = (name, *params.values())
        if key in self._gone:
            return
        await self._must_be_online()
        try:
            await self._wire.act(name, params)
        except Permanent as error:
            if not _GONE.search(str(error)):
                raise
        self._gone.append(key)


def _to(group: str) -> dict[str, Any]:
    """To whom it goes."""
    if group.startswith(events.DIRECT):
        return {"user_id": digits(group.removeprefix(events.DIRECT))}
    return {"group_id": digits(group)}
