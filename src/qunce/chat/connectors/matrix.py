"""Matrix: rooms of one account on any homeserver, through the client-server API.

Spoken with plain HTTP calls. The best-kept library (matrix-nio) validates every event against a schema and keeps
every room's people in memory: 0.33 ms for each message where reading the JSON takes 0.005 ms, 34 MB before the first
room, and retries and pauses of its own that would hide from the ledger what the homeserver said.

What the wire promises: `/sync` from a cursor of ours, so nothing is missed while the homeserver keeps its events.
What it leaves out of a long absence is read page by page from the rooms' history; beyond that is a visible gap.
Sending twice under one transaction id sends once: homeservers remember it per device, Synapse for a day.

Not read: end-to-end encrypted messages (their rooms say so), and what was said before we entered; that is history,
which groups read when they are adopted. Direct chats are entered and are no groups: see `GroupSeen.direct`.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Self

import httpx
from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from qunce.chat.connector import Ambiguous, Connector, NeedsOperator, Permanent, Retry, WireError, gettext_noop
from qunce.chat.connectors import _matrix_events as events
from qunce.chat.connectors._matrix_sync import Place, Reader
from qunce.chat.connectors._matrix_wire import AGAIN_AFTER, Wire, part
from qunce.chat.types import (
    Arrival,
    Capabilities,
    Checked,
    Done,
    Inbound,
    Operation,
    Outbound,
    Pace,
    Performed,
    ReadHistory,
    Reads,
    Recall,
    Replay,
    Sent,
    SetNotice,
)

PATIENCE = 10.0
"""Seconds that a half-sent message waits for its next event; where it would be more, the whole is repeated."""
_NO_USER = gettext_noop("Give a password with the user, or an access token.")
_NO_ADDRESS = gettext_noop("This is not a web address; it begins with https://.")
_WRONG_PASSWORD = gettext_noop("The homeserver does not accept this user with this password.")


def _address(text: str) -> str:
    try:
        address = httpx.URL(text.strip())
    except httpx.InvalidURL:
        raise ValueError(_NO_ADDRESS) from None
    if address.scheme not in {"http", "https"} or not address.host or "%" in address.host:
        raise ValueError(_NO_ADDRESS)
    return str(address).rstrip("/")


class MatrixConfig(BaseModel):
    """What an operator enters for a Matrix account."""

    homeserver: Annotated[str, AfterValidator(_address)] = Field(
        title=gettext_noop("Homeserver"),
        description=gettext_noop("Its web address, such as https://matrix.example.org"),
    )
    user: str = Field(
        default="",
        title=gettext_noop("User"),
        description=gettext_noop("The bot's own account, such as @qunce:example.org"),
    )
    password: SecretStr | None = Field(
        default=None,
        title=gettext_noop("Password"),
        description=gettext_noop("Used once to sign in; the session is kept."),
    )
    access_token: SecretStr | None = Field(
        default=None,
        title=gettext_noop("Access token"),
        description=gettext_noop("Instead of a password. Nothing else may use the same session."),
    )
    accept_invitations: bool = Field(
        default=True,
        title=gettext_noop("Accept invitations"),
        description=gettext_noop(
            "Enter every room that the account is invited to. Qunce speaks only in adopted ones."
        ),
    )
    messages_per_second: float = Field(
        default=1.0,
        gt=0,
        le=100,
        title=gettext_noop("Messages per second"),
        description=gettext_noop(
            "At most; where the homeserver demands less, it is obeyed. Its own default is one in 5 seconds after"
            " a first 10: for many rooms, ask its operator to exempt the account."
        ),
    )

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if not self.access_token and not (self.user and self.password):
            raise ValueError(_NO_USER)
        return self


class Matrix(Connector):
    """One account on a Matrix homeserver."""

    title = "Matrix"
    Config: ClassVar[type[BaseModel]] = MatrixConfig
    capabilities = Capabilities(
        replay=Replay.CURSOR,
        reads=Reads.ALL,
        pace=Pace(per_second=1, burst=10, chat_per_second=1, chat_burst=10),
        idempotent_hours=20,
        echoes=True,
        performs=frozenset({Recall, ReadHistory, SetNotice}),
        reply=True,
        mention=True,
        media=frozenset({"image", "file"}),
        largest_file=20 * 1024 * 1024,
        longest_text=10_000,
    )

    def __init__(self, config: BaseModel) -> None:
        assert isinstance(config, MatrixConfig)  # noqa: S101 (the registry's own promise)
        self._config = config
        self._wire = Wire(config.homeserver, config.access_token.get_secret_value() if config.access_token else "")
        self._me = config.user

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    def pace(self) -> Pace:
        """As fast as the operator allows; the homeserver's own limit is obeyed when it says so."""
        return replace(self.capabilities.pace, per_second=self._config.messages_per_second)

    # -------------------------------------------------------------- who we are
    async def check(self) -> Checked:
        """Who we are; signs in with the password where there is no session (any more)."""
        try:
            await self._wire.read("/versions", needs="versions")
        except Permanent as error:
            raise NeedsOperator(str(error)) from error
        secrets = None
        try:
            await self._recognise()
        except NeedsOperator:
            if not self._config.password:
                raise
            secrets = {"access_token": await self._sign_in(self._config.password.get_secret_value())}
            await self._recognise()
        return Checked(self._me, await self._name(), secrets=secrets)

    async def _recognise(self) -> None:
        self._me = str((await self._wire.read("/v3/account/whoami", needs="user_id"))["user_id"])

    async def _name(self) -> str:
        try:
            profile = await self._wire.read(f"/v3/profile/{part(self._me)}")
        except Permanent:
            return self._me
        return str(profile.get("displayname") or self._me)

    async def _sign_in(self, password: str) -> str:
        """A session's token. The device is always the same: what we sent under it stays recognised."""
        device = sha256(f"{self._config.homeserver} {self._config.user}".encode()).hexdigest()[:10].upper()
        asked = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self._config.user},
            "password": password,
            "device_id": f"QUNCE{device}",
            "initial_device_display_name": "Qunce",
        }
        self._wire.token = ""
        try:
            answer = await self._wire.write("POST", "/v3/login", asked, needs="access_token")
        except Permanent as error:
            raise NeedsOperator(_WRONG_PASSWORD) from error
        except Ambiguous as error:
            raise Retry(5, str(error)) from error
        self._wire.token = str(answer["access_token"])
        return self._wire.token

    # -------------------------------------------------------------- what comes in
    def parse(self, raw: Any) -> list[Inbound]:
        """Events of ``{"room": room id, "event": event in the client format, "names": {user id: display name}}``."""
        if not isinstance(raw, dict) or not isinstance(raw.get("event"), dict):
            raise ValueError("expected a room's id and an event")  # noqa: TRY004 (what parse promises)
        if not isinstance(raw.get("room"), str) or not isinstance(raw.get("names", {}), dict):
            raise ValueError("expected a room's id and names")  # noqa: TRY004
        return events.read(raw["room"], raw["event"], raw.get("names", {}), self._me)

    async def listen(self, cursor: str | None) -> AsyncIterator[Arrival]:
        """Arrivals from ``cursor`` on. Without one: the rooms that we are in, then what happens from now on."""
        place, first = Place.load(cursor), True
        try:
            await self._recognise()
            reader = Reader(self._wire, self._me, accept_invitations=self._config.accept_invitations)
            while True:
                told = await reader.next(place, wait=not first)
                if first or told.events or told.unreadable or told.place.moved_from(place):
                    for arrival in told.portions():
                        yield arrival
                first, place = False, told.place
        except Permanent as error:  # What was right before is refused now: not by us, and not for ever.
            raise Retry(AGAIN_AFTER, str(error)) from error

    # -------------------------------------------------------------- what goes out
    async def send(self, outbound: Outbound) -> Sent:
        """Send one message under its delivery's id: the same one twice is one message. Its files go up before.

        Of several files each is an event; the last one, with the words, has the delivery's id: once it is seen in the
        room, all of them are there.
        """
        files = events.files_of(outbound)
        uploaded = {
            file.ref: await self._wire.upload(
                outbound.files[file.ref], name=file.name, content_type=file.content_type or "application/octet-stream"
            )
            if file.ref in outbound.files
            else file.ref
            for file in files
        }
        before: list[str] = []
        for file in files[:-1]:
            key = f"{outbound.delivery_id}+{len(before) + 1}"
            alone = events.file_alone(outbound, file, uploaded)
            before.append(await self._put(outbound.group, key, alone, begun=bool(before)))
        content = events.written(outbound, uploaded, before)
        return Sent(await self._put(outbound.group, outbound.delivery_id, content, begun=bool(before)))

    async def _put(self, group: str, key: str, content: dict[str, Any], *, begun: bool) -> str:
        """Send one event; its id. ``begun``: others of its message are in the room, so a refusal is Ambiguous.

        The whole is repeated then, and what is there already stays the one event that it is.
        """
        path = f"/v3/rooms/{part(group)}/send/m.room.message/{part(key)}"
        while True:
            try:
                return str((await self._wire.write("PUT", path, content, needs="event_id"))["event_id"])
            except WireError as error:
                if not begun:
                    raise
                if not isinstance(error, Retry) or error.after > PATIENCE:
                    raise Ambiguous(str(error)) from error
                await asyncio.sleep(error.after)

    async def _take_back(self, group: str, external_id: str, delivery_id: str) -> None:
        """Take back a message with all its events, the one that knows of the others last."""
        room = f"/v3/rooms/{part(group)}"
        try:
            before = events.went_before(await self._wire.read(f"{room}/event/{part(external_id)}"))
        except Permanent:  # It cannot be seen; whether it can be taken back is told by trying.
            before = []
        for number, each in enumerate(before, 1):
            await self._wire.write("PUT", f"{room}/redact/{part(each)}/{part(f'{delivery_id}-recall+{number}')}", {})
        await self._wire.write("PUT", f"{room}/redact/{part(external_id)}/{part(f'{delivery_id}-recall')}", {})

    async def perform(self, operation: Operation) -> Performed:
        """Take a message back, set a room's topic, or read its history."""
        match operation:
            case Recall(group, external_id, delivery_id):
                await self._take_back(group, external_id, delivery_id)
                return Done()
            case ReadHistory(group, before, limit):
                reader = Reader(self._wire, self._me, accept_invitations=False)
                return await reader.history(group, before, limit)
            case SetNotice(group, text):
                # State of the room: setting it twice is setting it once.
                await self._wire.write("PUT", f"/v3/rooms/{part(group)}/state/m.room.topic/", {"topic": text})
                return Done()
            case _:
                return await super().perform(operation)
