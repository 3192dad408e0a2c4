"""Calling other programs: signed, in bounded time, and never an address inside our own network.

The receiver knows us by ``Qunce-Signature: t=<seconds>,v1=<hex>``: HMAC-SHA256 over "<t>.<body>" with the secret of
the community. ``Qunce-Delivery`` is the same for every attempt.
"""

import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from qunce.kernel import clock
from qunce.playbooks.actions.waking import wake
from qunce.playbooks.selectors.webhooks import secret_of

POST = "playbooks.post_webhook"
"""The job that calls, by name: jobs stand above what they run."""
TIMEOUT = 5.0
MOST_ATTEMPTS = 5
LONGEST_BODY = 64_000
_OK, _LATER = range(200, 300), frozenset({408, 425, 429})
_SERVER_ERRORS = 500
INSIDE = gettext_noop("The address leads into a network of our own; it is not called.")
REFUSED = gettext_noop("The other side refused the call.")
GAVE_UP = gettext_noop("The other side could not be reached.")


class RefusedError(Exception):
    """It makes no sense to call again: ``reason`` is a message id."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AwayError(Exception):
    """The other side is away or at its limit: to be called again."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One call: its key, where to, in which community's name, and what is told."""

    key: str
    url: str
    community_id: int
    told: Mapping[str, Any]


def posted_event(key: str) -> str:
    """What a step waits for: its call has been answered, or was given up."""
    return f"webhook:{key}"


def may_be_called(*, url: str) -> bool:
    """Whether an address may be called at all, as far as it shows by itself."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises where it is none)
    except ValueError:
        return False
    schemes = {"https", "http"} if settings.WEBHOOKS_INSIDE else {"https"}
    plain = url.isascii() and url.isprintable() and " " not in url
    return parts.scheme in schemes and bool(parts.hostname) and not parts.username and plain


def post_soon(*, posting: Posting) -> None:
    """Have the call made after the commit of the caller's transaction, once per key."""
    try:
        with transaction.atomic():
            app.configure_task(POST, queueing_lock=f"{POST}:{posting.key}").defer(
                key=posting.key, url=posting.url, community_id=posting.community_id, told=dict(posting.told)
            )
    except AlreadyEnqueued:
        return


def post(*, posting: Posting, last: bool) -> None:
    """Call, and let the step that waits for it go on. Raises AwayError where it is to be called again.

    ``last``: there is no other attempt.
    """
    try:
        status = _call(posting)
    except RefusedError as error:
        wake(event=posted_event(posting.key), data={"ok": False, "reason": error.reason})
    except AwayError:
        if not last:
            raise
        wake(event=posted_event(posting.key), data={"ok": False, "reason": GAVE_UP})
    else:
        wake(event=posted_event(posting.key), data={"ok": True, "status": status})


def _call(posting: Posting) -> int:
    if not may_be_called(url=posting.url):
        raise RefusedError(REFUSED)
    parts = urlsplit(posting.url)
    body = json.dumps(posting.told, ensure_ascii=False).encode()[:LONGEST_BODY]
    stamp = str(int(clock.now().timestamp()))
    signature = hmac.new(secret_of(posting.community_id).encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Qunce/{settings.VERSION}",
        "Qunce-Delivery": posting.key,
        "Qunce-Signature": f"t={stamp},v1={signature.hexdigest()}",
        "Connection": "close",
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        connection = HTTPConnection(str(parts.hostname), port, timeout=TIMEOUT)
        connection.sock = _connected(parts, port)
        try:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, HTTPException) as error:
        raise AwayError from error
    if status in _OK:
        return status
    if status >= _SERVER_ERRORS or status in _LATER:
        raise AwayError
    raise RefusedError(REFUSED)


def _connected(parts: SplitResult, port: int) -> socket.socket:
    """A connection to the very address that was looked at: a name must not lead elsewhere a moment later."""
    host = str(parts.hostname)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not settings.WEBHOOKS_INSIDE and not all(is_outside(ip_address(each.split("%")[0])) for each in addresses):
        raise RefusedError(INSIDE)
    plain = socket.create_connection((addresses[0], port), TIMEOUT)
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
