"""Calling other programs: signed, and as `kernel.outside` calls.

The receiver knows us by ``Qunce-Signature: t=<seconds>,v1=<hex>``: HMAC-SHA256 over "<t>.<body>" with the secret of
the community. ``Qunce-Delivery`` is the same for every attempt.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from qunce.kernel import clock, outside
from qunce.kernel.outside import AwayError, RefusedError
from qunce.playbooks.actions.waking import wake
from qunce.playbooks.selectors.webhooks import secret_of

POST = "playbooks.post_webhook"
"""The job that calls, by name: jobs stand above what they run."""
MOST_ATTEMPTS = 5
LONGEST_BODY = 64_000
GAVE_UP = gettext_noop("The other side could not be reached.")


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
    return outside.may_be_called(url=url, inside=settings.WEBHOOKS_INSIDE)


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
    body = json.dumps(posting.told, ensure_ascii=False).encode()[:LONGEST_BODY]
    stamp = str(int(clock.now().timestamp()))
    signature = hmac.new(secret_of(posting.community_id).encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "Qunce-Delivery": posting.key,
        "Qunce-Signature": f"t={stamp},v1={signature.hexdigest()}",
    }
    return outside.call(url=posting.url, body=body, headers=headers, inside=settings.WEBHOOKS_INSIDE).status
