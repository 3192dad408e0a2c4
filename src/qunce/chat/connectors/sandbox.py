"""The sandbox: a chat in the console's own page, where everything works without any platform.

Its page posts what members do as raw payloads, the way a platform's webhook would:

    {"kind": "message", "id": "m1", "at": "2026-03-01T08:00:00Z", "room": {"id": "r1", "name": "…"},
     "sender": {"id": "u1", "name": "…", "bot": false}, "text": "…", "reply_to": "m0"}

``kind`` is ``message`` where it is left out; the others need less:

    room     room; also "topic" and "members" (how many) in it: the room exists, with the account in it
    close    room: the account is no longer in it
    join     room, at, sender; also "inviter", like sender
    leave    room, at, sender
    edit     room, at, "message" (the id of what is changed), text
    delete   room, at, "message"

What we send needs no wire: the page shows the ledger's own messages.
"""

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from qunce.chat.connector import Connector, Permanent, gettext_noop
from qunce.chat.types import (
    Capabilities,
    Checked,
    Done,
    GroupGone,
    GroupSeen,
    Inbound,
    Media,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Operation,
    Outbound,
    Pace,
    Performed,
    Reads,
    Recall,
    Replay,
    Sender,
    Sent,
    SetNotice,
)

_NO_BYTES = gettext_noop("The file of the message is not here to be sent.")


class SandboxConfig(BaseModel):
    """What an operator enters for a sandbox."""

    name: str = Field(
        default="Qunce",
        min_length=1,
        max_length=40,
        title=gettext_noop("Name of the bot"),
        description=gettext_noop("How it appears in the sandbox's rooms; another sandbox needs another name."),
    )


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Room(_Strict):
    id: str = Field(min_length=1)
    name: str | None = None
    topic: str | None = None
    members: int | None = Field(default=None, ge=0)


class _Who(_Strict):
    id: str = Field(min_length=1)
    name: str = ""
    bot: bool = False

    def sender(self) -> Sender:
        return Sender(self.id, self.name, is_bot=self.bot)


class _Seen(_Strict):
    kind: Literal["room"]
    room: _Room

    def event(self) -> Inbound:
        return GroupSeen(self.room.id, self.room.name, self.room.topic, self.room.members)


class _Closed(_Strict):
    kind: Literal["close"]
    room: _Room

    def event(self) -> Inbound:
        return GroupGone(self.room.id)


class _Dated(_Strict):
    room: _Room
    at: AwareDatetime = Field(strict=False)


class _Said(_Dated):
    kind: Literal["message"]
    id: str = Field(min_length=1)
    sender: _Who
    text: str
    reply_to: str | None = None

    def event(self) -> Inbound:
        return MessageReceived(
            self.room.id, self.id, self.at, self.sender.sender(), self.text, reply_to=self.reply_to
        )


class _Joined(_Dated):
    kind: Literal["join"]
    sender: _Who
    inviter: _Who | None = None

    def event(self) -> Inbound:
        inviter = self.inviter.sender() if self.inviter else None
        return MemberJoined(self.room.id, self.sender.sender(), self.at, inviter)


class _Left(_Dated):
    kind: Literal["leave"]
    sender: _Who

    def event(self) -> Inbound:
        return MemberLeft(self.room.id, self.sender.sender(), self.at)


class _Edited(_Dated):
    kind: Literal["edit"]
    message: str = Field(min_length=1)
    text: str

    def event(self) -> Inbound:
        return MessageEdited(self.room.id, self.message, self.at, self.text)


class _Deleted(_Dated):
    kind: Literal["delete"]
    message: str = Field(min_length=1)

    def event(self) -> Inbound:
        return MessageDeleted(self.room.id, self.message, self.at)


_Payload: TypeAlias = Annotated[
    _Seen | _Closed | _Said | _Joined | _Left | _Edited | _Deleted, Field(discriminator="kind")
]
_payload: TypeAdapter[_Payload] = TypeAdapter(_Payload)


class Sandbox(Connector):
    """A chat that exists in the console alone."""

    title = gettext_noop("Sandbox")
    Config: ClassVar[type[BaseModel]] = SandboxConfig
    capabilities = Capabilities(
        replay=Replay.ACK,
        reads=Reads.ALL,
        pace=Pace(per_second=1000, burst=1000, chat_per_second=1000, chat_burst=1000),
        idempotent_hours=24 * 365,
        performs=frozenset({Recall, SetNotice}),
        reply=True,
        mention=True,
        media=frozenset({"image", "file"}),
        largest_file=20 * 1024 * 1024,
        albums=(frozenset({"image", "file"}),),
        buttons=True,
        simulated=True,
    )

    def __init__(self, config: BaseModel) -> None:
        self._name = SandboxConfig.model_validate(config).name

    async def check(self) -> Checked:
        """There is nobody to ask: the bot is called what the operator calls it."""
        return Checked(f"bot:{self._name}", self._name)

    def parse(self, raw: Any) -> list[Inbound]:
        """The event that one payload is."""
        if not isinstance(raw, dict):
            raise ValueError("expected an object")  # noqa: TRY004 (what parse promises)
        return [_payload.validate_python({"kind": "message", **raw}).event()]

    async def send(self, outbound: Outbound) -> Sent:
        """Taken at once, always under the same id. Raises Permanent where a file's bytes are not there."""
        if any(isinstance(part, Media) and part.ref not in outbound.files for part in outbound.content.parts):
            raise Permanent(_NO_BYTES)
        return Sent(f"sb-{outbound.delivery_id}")

    async def perform(self, operation: Operation) -> Performed:
        """What the ledger takes back is gone from the page; a notice is the room's topic."""
        if isinstance(operation, Recall | SetNotice):
            return Done()
        return await super().perform(operation)
