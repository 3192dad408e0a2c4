"""The wire to a OneBot 11 implementation: WebSockets, actions and their answers, and when a connection is broken.

Usually the implementation connects to us ("reverse WebSocket", "WebSocket client"): each account has a port of its
own, so that the address says whose a connection is. Or we connect to it. From there on both are the same: one
connection for both directions (role Universal) or one for each (API, Event). A newer one replaces the older.
"""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from hmac import compare_digest
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.http11 import Request, Response

from qunce.chat.connector import Ambiguous, NeedsOperator, Retry, WireError, gettext_noop
from qunce.chat.connectors._onebot11_link import AGAIN, API, EVENT, LOST, UNIVERSAL, Json, Link, Socket
from qunce.chat.connectors._onebot11_refusals import TOKEN_REFUSED, data_of

PATH = "/onebot/v11/ws"
PATHS = frozenset({PATH, "/ws"})
OURS = "qunce"
"""The role in which another process of ours asks who the account is."""
ANSWER_WITHIN = 30.0
"""Seconds that an implementation has for an ordinary action."""
CONNECT_WITHIN = 6.0
"""Seconds to wait for a connection: implementations try every few seconds."""
REMEMBERED = 60.0
"""Seconds for which a refused connection explains why there is none."""
LARGEST_FRAME = 64 * 2**20
NOTHING: Mapping[str, Any] = {}

_SILENT = gettext_noop("The OneBot implementation has fallen silent.")
_REPLACED = gettext_noop("The OneBot implementation has connected anew.")
_NOBODY = gettext_noop(
    "Nothing has connected yet. In NapCat, Lagrange or LLOneBot, add a WebSocket client (reverse WebSocket) with the"
    " same access token and this address:"
)
_AWAY = gettext_noop("No OneBot implementation answers at this address:")
_TAKEN = gettext_noop("Another program uses this port: give the account another one.")
_NO_PORT = gettext_noop("Qunce cannot listen at this address and port.")
_WRONG_TOKEN = gettext_noop("A OneBot implementation was refused: its access token is another one.")
_WRONG_NUMBER = gettext_noop("A OneBot implementation was refused: it is signed in to QQ with another number.")

log = logging.getLogger(__name__)
_frames = logging.getLogger(f"{__name__}.frames")
_frames.setLevel(logging.CRITICAL)  # strangers who knock are no errors of ours, and frames are nobody's business


class PortTakenError(OSError):
    """Another process listens on our port."""


class Wire:
    """The connection of one account: listens on its port, or calls ``address``; ``me`` is its QQ number if known."""

    def __init__(self, *, host: str, port: int, token: str, address: str = "", me: str = "") -> None:
        self.me = me
        self._host, self._port, self._token, self._address = host, port, token, address
        self._link = Link()
        self._link.gone = LOST
        self._stands = asyncio.Event()
        self._opening = asyncio.Lock()
        self._server: Server | None = None
        self._work: list[asyncio.Task[None]] = []
        self._refused: tuple[float, str] = (0.0, "")

    # -------------------------------------------------------------- being there
    async def open(self) -> None:
        """Listen, or call. Raises PortTakenError, or NeedsOperator where it cannot be done."""
        async with self._opening:
            if self._work:
                return
            if self._address:
                self._work.append(asyncio.create_task(self._call()))
            else:
                await self._take_port()
            self._work.append(asyncio.create_task(self._watch()))

    async def _take_port(self) -> None:
        """Listen. Who is called off waits that instant all the same: nobody closes a port half opened."""
        taking = asyncio.create_task(self._listen())
        try:
            self._server = await asyncio.shield(taking)
        except asyncio.CancelledError:
            with suppress(PortTakenError, NeedsOperator):
                self._server = await taking
            raise

    async def _listen(self) -> Server:
        try:
            return await serve(
                self._receive,
                self._host,
                self._port,
                process_request=self._admit,
                max_size=LARGEST_FRAME,
                compression=None,
                close_timeout=1,
                logger=_frames,
            )
        except OSError as error:
            if await self._somebody_listens():
                raise PortTakenError(_TAKEN) from error
            raise NeedsOperator(f"{_NO_PORT}\n{self._host}:{self._port}") from error

    async def _somebody_listens(self) -> bool:
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(self._near, self._port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    async def close(self) -> None:
        """Close the connection and the port; the next call opens them anew."""
        async with self._opening:
            for task in self._work:
                task.cancel()
            await asyncio.gather(*self._work, return_exceptions=True)
            self._work = []
            self._link.end(LOST)
            self._stands.clear()
            if self._server:
                self._server.close()
                await self._server.wait_closed()
                self._server = None

    @property
    def _near(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 (compared, not bound)

    @property
    def shown_address(self) -> str:
        """What is to be entered in the implementation; or where we call."""
        near = f"[{self._near}]" if ":" in self._near else self._near
        return self._address or f"ws://{near}:{self._port}{PATH}"

    async def link(self, within: float | None = None) -> Link:
        """The connection, once it stands. Raises Retry where there is none, NeedsOperator where one was refused."""
        try:
            await self.open()
        except PortTakenError as error:
            await self.ask_neighbour()
            raise Retry(AGAIN, str(error)) from error
        try:
            async with asyncio.timeout(CONNECT_WITHIN if within is None else within):
                await self._stands.wait()
        except TimeoutError as error:
            moment, why = self._refused
            if why and time.monotonic() - moment < REMEMBERED:
                raise NeedsOperator(why) from error
            raise Retry(1, f"{_AWAY if self._address else _NOBODY}\n{self.shown_address}") from error
        return self._link

    async def _watch(self) -> None:
        while True:
            link = self._link
            await asyncio.sleep(link.patience)
            if link.silent and not link.gone:
                self._broken(link, _SILENT)

    def _broken(self, link: Link, why: str) -> None:
        link.end(why)
        if link is self._link:
            self._stands.clear()

    # -------------------------------------------------------------- they connect to us
    def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        """Whether a stranger may come in; None: welcome."""
        asked = urlsplit(request.path)
        if asked.path.rstrip("/") not in PATHS:
            return socket.respond(HTTPStatus.NOT_FOUND, "Not here.\n")
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        token = (
            given.strip() if scheme.lower() == "bearer" else "".join(parse_qs(asked.query).get("access_token", []))
        )
        if not compare_digest(token.encode("utf-8", "replace"), self._token.encode()):
            self._refuse(_WRONG_TOKEN)
            status = HTTPStatus.FORBIDDEN if token else HTTPStatus.UNAUTHORIZED
            return socket.respond(status, "Another access token is needed.\n")
        return self._admit_role(socket, _role(request), request.headers.get("X-Self-ID", ""))

    def _admit_role(self, socket: ServerConnection, role: str, number: str) -> Response | None:
        if role == OURS:
            return None
        if role not in {API, EVENT, UNIVERSAL} or not number.isdecimal():
            return socket.respond(HTTPStatus.BAD_REQUEST, "X-Self-ID and X-Client-Role say who connects.\n")
        if self.me and number != self.me:
            self._refuse(f"{_WRONG_NUMBER}\n{number}")
            return socket.respond(HTTPStatus.FORBIDDEN, "Another QQ number is expected.\n")
        return None

    def _refuse(self, why: str) -> None:
        self._refused = (time.monotonic(), why)

    async def _receive(self, socket: ServerConnection) -> None:
        assert socket.request  # noqa: S101 (the handshake is over)
        role = _role(socket.request)
        if role == OURS:
            await socket.send(json.dumps(await self._introduction()))
        else:
            await self._carry(role, socket)

    async def _carry(self, role: str, socket: Socket) -> None:
        """Let a socket carry the connection until it ends; a newer one of its role replaces it."""
        if not self._link.lacks(role):
            self._broken(self._link, _REPLACED)
            self._link = Link()
        link = self._link
        link.join(role, socket)
        if link.stands:
            self._stands.set()
        try:
            async for frame in socket:
                link.hear(frame)
        except WebSocketException as error:
            log.info("a connection ended: %s", type(error).__name__)
        finally:
            if link.refuses_us:
                self._refuse(TOKEN_REFUSED)
            self._broken(link, LOST)

    # -------------------------------------------------------------- we connect to them
    async def _call(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        while True:
            try:
                async with connect(
                    self._address,
                    additional_headers=headers,
                    proxy=None,
                    max_size=LARGEST_FRAME,
                    compression=None,
                    close_timeout=1,
                    logger=_frames,
                ) as socket:
                    await self._carry(UNIVERSAL, socket)
            except InvalidStatus as error:
                if error.response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                    self._refuse(TOKEN_REFUSED)
            except (OSError, WebSocketException):
                log.info("a OneBot implementation does not answer")
            await asyncio.sleep(AGAIN)

    # -------------------------------------------------------------- who it is
    async def _introduction(self) -> Json:
        """What another of our processes, which may not have this port too, wants to know."""
        try:
            return await self.who(0.1)
        except WireError as error:
            return {"trouble": str(error)}

    async def who(self, within: float | None = None) -> Json:
        """Number and name of the account, the implementation, and whether QQ has it signed in."""
        link = await self.link(within)
        login = await self.read("get_login_info", within=3)
        version = await self._perhaps("get_version_info")
        await self.ask_status(link)
        named = [str(version[key]) for key in ("app_name", "app_version") if version.get(key)]
        number, name = str(login.get("user_id") or ""), str(login.get("nickname") or "")
        return {"number": number, "name": name, "app": " ".join(named), "online": link.online}

    async def ask_status(self, link: Link) -> None:
        """Note whether QQ has the account signed in; heartbeats say it too, where they are switched on."""
        status = await self._perhaps("get_status")
        if isinstance(status.get("online"), bool):
            link.online = status["online"]

    async def _perhaps(self, action: str) -> Json:
        """What not every implementation answers."""
        try:
            return await self.read(action, within=2)
        except WireError:
            return {}

    async def ask_neighbour(self) -> Json:
        """Who the account is, from the process of ours that has the port. Raises NeedsOperator where none does."""
        near = f"[{self._near}]" if ":" in self._near else self._near
        headers = {"Authorization": f"Bearer {self._token}", "X-Client-Role": OURS}
        try:
            async with (
                asyncio.timeout(8),
                connect(f"ws://{near}:{self._port}{PATH}", additional_headers=headers, proxy=None) as socket,
            ):
                said = json.loads(await socket.recv())
        except (OSError, TimeoutError, InvalidHandshake, WebSocketException, ValueError) as error:
            raise NeedsOperator(f"{_TAKEN}\n{self._host}:{self._port}") from error
        if "trouble" in said:
            raise Retry(AGAIN, str(said["trouble"]))
        return dict(said)

    # -------------------------------------------------------------- actions
    async def act(
        self, action: str, params: Mapping[str, Any] = NOTHING, *, within: float | None = None, sends: bool = False
    ) -> Any:
        """The data of the answer; ``sends``: a message. Raises Permanent, NeedsOperator, Retry or Ambiguous."""
        link = await self.link()
        try:
            answer = await link.ask(action, params, within or ANSWER_WITHIN)
        except Ambiguous as error:
            if link.refuses_us:
                raise NeedsOperator(TOKEN_REFUSED) from error
            raise
        self._refused = (0.0, "")
        return data_of(answer, message=sends)

    async def read(self, action: str, params: Mapping[str, Any] = NOTHING, *, within: float | None = None) -> Json:
        """The same for what only reads: whatever became of it, it can be asked again. Lists are under ``list``."""
        try:
            data = await self.act(action, params, within=within)
        except Ambiguous as error:
            raise Retry(AGAIN, str(error)) from error
        return data if isinstance(data, dict) else {"list": data if isinstance(data, list) else []}


def _role(request: Request) -> str:
    return request.headers.get("X-Client-Role", UNIVERSAL).lower()
