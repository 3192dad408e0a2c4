"""Calling other programs over HTTP: in bounded time and size, and never an address inside our own network unasked."""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext_noop

TIMEOUT = 5.0
LARGEST = 4 << 20
MOST_REDIRECTS = 3
_OK, _LATER = range(200, 300), frozenset({408, 425, 429})
_MOVED = frozenset({301, 302, 303, 307, 308})
NOT_MODIFIED = 304
_SERVER_ERRORS = 500
INSIDE = gettext_noop("The address leads into a network of our own; it is not called.")
REFUSED = gettext_noop("The other side refused the call.")
TOO_LARGE = gettext_noop("The other side's answer is too large.")


class RefusedError(Exception):
    """It makes no sense to call again: ``reason`` is a message id; ``status`` what the other side has said, or 0."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class AwayError(Exception):
    """The other side is away or at its limit: to be called again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status from 200 to 299, or 304; headers by names in small letters; ``url``: the last."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def may_be_called(*, url: str, inside: bool = False) -> bool:
    """Whether an address may be called at all, as far as it shows by itself. ``inside``: also without encryption."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises where it is none)
    except ValueError:
        return False
    schemes = {"https", "http"} if inside else {"https"}
    plain = url.isascii() and url.isprintable() and " " not in url
    return parts.scheme in schemes and bool(parts.hostname) and not parts.username and plain


def call(
    *,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    inside: bool = False,
    plain: bool = False,
    follow: bool = False,
    timeout: float = TIMEOUT,
    largest: int = LARGEST,
) -> Answer:
    """GET an address, or POST ``body`` to it. Raises RefusedError, or AwayError where it may be called again.

    ``inside``: the address may be in our own network. ``plain``: it may be one without encryption (feeds often are).
    ``follow``: where it has moved to, by the same rules. ``timeout``: seconds for each step; ``largest``: bytes.
    """
    for _turn in range(MOST_REDIRECTS + 1):
        if not may_be_called(url=url, inside=inside or plain):
            raise RefusedError(REFUSED)
        answer = _once(url, body=body, headers=headers or {}, inside=inside, timeout=timeout, largest=largest)
        if answer.status in _OK or answer.status == NOT_MODIFIED:
            return answer
        if answer.status >= _SERVER_ERRORS or answer.status in _LATER:
            raise AwayError
        if not follow or answer.status not in _MOVED or "location" not in answer.headers:
            raise RefusedError(REFUSED, answer.status)
        url = urljoin(url, answer.headers["location"])
    raise RefusedError(REFUSED)


def _once(
    url: str, *, body: bytes | None, headers: Mapping[str, str], inside: bool, timeout: float, largest: int
) -> Answer:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    sent = {"User-Agent": f"Qunce/{settings.VERSION}", "Connection": "close", **headers}
    try:
        connection = HTTPConnection(str(parts.hostname), port, timeout=timeout)
        connection.sock = _connected(parts, port, inside=inside, timeout=timeout)
        try:
            connection.request("GET" if body is None else "POST", path, body, sent)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, _read(response, largest), url)
        finally:
            connection.close()
    except (OSError, HTTPException) as error:
        raise AwayError from error


def _read(response: HTTPResponse, largest: int) -> bytes:
    body = response.read(largest + 1)
    if len(body) > largest:
        raise RefusedError(TOO_LARGE, response.status)
    return body


def _connected(parts: SplitResult, port: int, *, inside: bool, timeout: float) -> socket.socket:
    """A connection to the very address that was looked at: a name must not lead elsewhere a moment later."""
    host = str(parts.hostname)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not inside and not all(is_outside(ip_address(each.split("%")[0])) for each in addresses):
        raise RefusedError(INSIDE)
    plain = socket.create_connection((addresses[0], port), timeout)
    if parts.scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def is_outside(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner:
            return is_outside(inner)
        if address.packed.startswith(b"\x00\x64\xff\x9b") or not any(address.packed[:12]):
            return is_outside(IPv4Address(address.packed[-4:]))
    return address.is_global and not address.is_multicast and not address.is_reserved
