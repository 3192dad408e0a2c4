"""The web role: one uvicorn process whose event streams end when it is told to."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.urls import get_resolver

from qunce.cli.address import listen
from qunce.kernel import health, live

FINISH = 1  # seconds that requests under way get at shutdown


class Server(uvicorn.Server):
    """uvicorn, but it stops in a second with event streams open, and without raising the signal again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; a second SIGINT does not wait for anything."""
        loop = asyncio.get_running_loop()
        for caught in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(caught, self.handle_exit, caught, None)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams first: uvicorn waits for them."""
        live.close()
        await super().shutdown(sockets)


def load() -> None:
    """Import all pages now, not for the first visitor."""
    if not get_resolver().url_patterns:
        raise ValueError("the console has no pages")


def serve(host: str, port: int, fd: int | None) -> None:
    """Serve until SIGTERM or SIGINT, on the listening socket ``fd`` or on a new one."""
    listener = socket.socket(fileno=fd) if fd is not None else listen(host, port)
    config = uvicorn.Config(
        "qunce.config.asgi:application",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=FINISH,
    )
    with health.beating("web"):
        Server(config).run(sockets=[listener])
