"""Tracks that end before their time, however many, in one statement each."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, transaction

from qunce.kernel import clock, live
from qunce.playbooks.actions.engine import GROUP_IS_GONE
from qunce.playbooks.actions.waking import wake_all

_STOP = """
WITH stopped AS (
    UPDATE playbooks_track t SET state = 'stopped', next_at = NULL, waits_for = '', woken = NULL, before_pause = '',
    step = '', reason = %s, ended_at = %s
    WHERE t.state IN ('due', 'waiting', 'paused', 'failed') AND t.{where}
    RETURNING t.id, t.run_id
), halted AS (
    UPDATE playbooks_execution e SET state = 'skipped', ended_at = %s, detail = %s
    FROM stopped WHERE e.track_id = stopped.id AND e.state = 'waiting'
)
SELECT s.id, s.run_id, r.by_trigger FROM stopped s JOIN playbooks_run r ON r.id = s.run_id
"""


def stop_where(where: str, params: Sequence[Any], *, reason: str) -> int:
    """Stop the tracks of which ``where`` (a column of theirs and a place) holds; returns how many."""
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STOP.replace("{where}", where), [reason, now, *params, now, reason])
        rows = cursor.fetchall()
        wake_all(events={f"track:{key}": {"state": "stopped"} for key, _run, by_trigger in rows if not by_trigger})
        live.touch("playbooks", *(f"run:{key}" for key in {row[1] for row in rows}))
    return len(rows)


def stop_in_groups(*, group_ids: Collection[int]) -> int:
    """Groups have left their community or were archived: their tracks end. Returns how many."""
    return stop_where("group_id = ANY(%s)", [list(group_ids)], reason=GROUP_IS_GONE)
