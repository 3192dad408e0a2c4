"""What tracks wait for has happened: they go on."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from qunce.kernel import clock

MOVE = "playbooks.move"
"""The job that moves tracks on at once, by name: jobs stand above what they run."""

_WAKE = """
UPDATE playbooks_track t SET woken = coalesce(t.woken, e.data::jsonb), next_at = %s
FROM unnest(%s::text[], %s::text[]) AS e(event, data)
WHERE t.waits_for = e.event AND t.waits_for <> '' AND t.woken IS NULL
AND (t.state = 'waiting' OR t.state = 'paused' AND t.before_pause = 'waiting')
"""


def wake(*, event: str, data: Mapping[str, Any]) -> int:
    """Let everything go on that waits for ``event`` (WaitFor), with what came of it; returns how many tracks.

    The first time counts. Tracks that are paused take it when their pause is over.
    """
    return wake_all(events={event: data})


def wake_all(*, events: Mapping[str, Mapping[str, Any]]) -> int:
    """The same for many events, in one statement."""
    if not events:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        told = [json.dumps(data, ensure_ascii=False) for data in events.values()]
        cursor.execute(_WAKE, [clock.now(), list(events), told])
        woken: int = cursor.rowcount
        if woken:
            soon()
    return woken


def soon() -> None:
    """Have tracks moved right after the commit; one waiting job is enough."""
    transaction.on_commit(_defer)


def _defer() -> None:
    with suppress(AlreadyEnqueued):
        app.configure_task(MOVE, queueing_lock=MOVE).defer()
