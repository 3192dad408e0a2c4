"""Where Qunce listens, and where people find it."""

import os
import re
import socket
from contextlib import ExitStack
from pathlib import Path

from click import ClickException

from qunce.cli.database import holder

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ClickException where that cannot be."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as unless_bound:
            listener = unless_bound.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(BACKLOG)
            unless_bound.pop_all()
    except OSError as error:
        raise ClickException(f"Cannot listen on {host} port {port}: {error.strerror or error}.") from error
    return listener


def local_address(listener: socket.socket) -> str:
    """How a program on this machine reaches ``listener``."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (asked, not bound)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def base_url() -> str:
    """The address that the host says people open; empty where it says nothing."""
    return os.environ.get("QUNCE_BASE_URL", "").rstrip("/")


def public_address(folder: Path) -> str:
    """The address for links: the host's word, or where the last ``qunce run`` of this data folder listened."""
    found = re.search(r"https?://\S+", holder(folder))
    return base_url() or (found.group() if found else "http://127.0.0.1:8000")
