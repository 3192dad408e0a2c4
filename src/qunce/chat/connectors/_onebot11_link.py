"""One implementation being connected: its sockets, what has arrived on them, and the answers that are awaited."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, TypeAlias
from uuid import uuid4

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from qunce.chat.connector import Ambiguous, Retry, gettext_noop

Json: TypeAlias = dict[str, Any]
Socket: TypeAlias = ServerConnection | ClientConnection

API, EVENT, UNIVERSAL = "api", "event", "universal"
AGAIN = 3.0
"""Seconds until it is worth trying again what was not connected."""
MOST_WAITING = 10_000
"""Events that may wait to be read; beyond, the connection ends, and what was missed is read back from the history."""
MISSED_BEATS = 3
SHORTEST_BEAT = 0.05

_LATE = gettext_noop("The OneBot implementation did not answer in time.")
LOST = gettext_noop("The connection with the OneBot implementation was lost.")
_FLOODED = gettext_noop("More arrived than could be stored; it is read back.")


class Link:
    """One implementation being connected, by one socket for both directions or by one for each."""

    def __init__(self) -> None:
        self.online = True
        self.gone = ""
        self.refuses_us = False
        self._sockets: dict[str, Socket] = {}
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._arrived: deque[str | Json] = deque()
        self._news = asyncio.Event()
        self._heard = time.monotonic()
        self._beat = 0.0

    @property
    def stands(self) -> bool:
        """Whether it works in both directions."""
        return not self.gone and self._sockets.keys() >= {API, EVENT}

    @property
    def silent(self) -> bool:
        """Whether it has missed too many of the heartbeats that it promised."""
        return 0 < self._beat * MISSED_BEATS < time.monotonic() - self._heard

    @property
    def patience(self) -> float:
        """Seconds after which to look again whether it is silent."""
        return min(1.0, self._beat or 1.0)

    def lacks(self, role: str) -> bool:
        """Whether a socket of this role completes it."""
        return not self.gone and role not in {UNIVERSAL, *self._sockets}

    def join(self, role: str, socket: Socket) -> None:
        """A socket carries a direction, or both, from now on."""
        for each in (API, EVENT) if role == UNIVERSAL else (role,):
            self._sockets[each] = socket

    def end(self, why: str) -> None:
        """It is broken: whoever waits for an answer learns it, and its sockets are closed."""
        if self.gone:
            return
        self.gone = why
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Ambiguous(why))
        for socket in set(self._sockets.values()):
            socket.transport.close()
        self._news.set()

    # -------------------------------------------------------------- what comes in
    def hear(self, frame: str | bytes) -> None:
        """Take one frame: an answer goes to whoever asked, anything else waits to be read."""
        if self.gone:
            return
        self._heard = time.monotonic()
        text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            self._keep(text)
            return
        if not isinstance(said, dict):
            self._keep(text)
        elif "post_type" in said:
            self._note(said)
            self._keep(said)
        elif isinstance(said.get("echo"), str):
            # An answer to nobody came late or twice: whoever asked has already been told.
            answer = self._answers.pop(said["echo"], None)
            if answer and not answer.done():
                answer.set_result(said)
        elif said.get("retcode") in {1401, 1403}:
            self.refuses_us = True  # NapCat's server says so in a frame to nobody, and hangs up.

    def _note(self, event: Json) -> None:
        """What an event says of the connection itself."""
        interval, status = event.get("interval"), event.get("status")
        if event.get("meta_event_type") == "heartbeat" and isinstance(interval, int | float):
            self._beat = max(interval / 1000, SHORTEST_BEAT)
        if isinstance(status, dict) and isinstance(status.get("online"), bool):
            self.online = status["online"]
        if event.get("notice_type") == "bot_offline":
            self.online = False

    def _keep(self, arrived: str | Json) -> None:
        self._arrived.append(arrived)
        self._news.set()
        if len(self._arrived) > MOST_WAITING:
            self._arrived.clear()
            self.end(_FLOODED)

    def waiting(self, most: int | None = None) -> list[str | Json]:
        """What has arrived by now and was not read yet."""
        count = len(self._arrived) if most is None else min(most, len(self._arrived))
        return [self._arrived.popleft() for _ in range(count)]

    async def frames(self, most: int) -> list[str | Json]:
        """What has arrived, at least one. Raises Retry when the connection is broken and everything was read."""
        while not self._arrived:
            if self.gone:
                raise Retry(1, self.gone)
            self._news.clear()
            await self._news.wait()
        return self.waiting(most)

    # -------------------------------------------------------------- what goes out
    async def ask(self, action: str, params: Mapping[str, Any], within: float) -> Json:
        """The answer to an action. Raises Retry where nothing left, else Ambiguous."""
        if self.gone:
            raise Retry(AGAIN, self.gone)
        echo = uuid4().hex
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._answers[echo] = answer
        try:
            async with asyncio.timeout(within):
                await self._sockets[API].send(json.dumps({"action": action, "params": params, "echo": echo}))
                return await answer
        except TimeoutError as error:
            raise Ambiguous(_LATE) from error
        except ConnectionClosed as error:
            raise Ambiguous(LOST) from error
        finally:
            self._answers.pop(echo, None)
