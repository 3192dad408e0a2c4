"""What came of a set of tracks, written in two statements: where they stand now, and what was carried out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qunce.kernel import wire
from qunce.playbooks.selectors.engine import Claimed
from qunce.playbooks.types import ExecutionState, TrackState


@dataclass(slots=True)
class Move:
    """Where a track goes from its step. ``execution`` None: nothing is written of the step.

    ``data``: what the step has left; added to what it left before.
    """

    track: Claimed
    state: TrackState
    step: str
    due_at: datetime
    next_at: datetime | None
    waits_for: str = ""
    woken: Mapping[str, Any] | None = None
    turn: int = 0
    attempts: int = 0
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    execution: ExecutionState | None = None
    path: str = ""
    detail: str = ""
    ended_at: datetime | None = None


_TRACKS = """
UPDATE playbooks_track t SET state = m.state, step = m.step, due_at = m.due_at, next_at = m.next_at,
waits_for = m.waits_for, woken = m.woken::jsonb, turn = m.turn, attempts = m.attempts, reason = m.reason,
data = coalesce(m.data::jsonb, t.data), ended_at = m.ended_at
FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[], %b::text[], %b::text[],
%b::integer[], %b::smallint[], %b::text[], %b::text[], %b::timestamptz[])
AS m(id, state, step, due_at, next_at, waits_for, woken, turn, attempts, reason, data, ended_at)
WHERE t.id = m.id
"""
_EXECUTIONS = """
INSERT INTO playbooks_execution (track_id, step, occurrence, run_id, state, due_at, began_at, ended_at, path, detail)
SELECT e.track_id, e.step, e.occurrence, e.run_id, e.state, e.due_at, %b::timestamptz,
CASE WHEN e.state = 'waiting' THEN NULL ELSE %b::timestamptz END, e.path, e.detail
FROM unnest(%b::uuid[], %b::text[], %b::bigint[], %b::bigint[], %b::text[], %b::timestamptz[], %b::text[], %b::text[])
AS e(track_id, step, occurrence, run_id, state, due_at, path, detail)
ON CONFLICT (track_id, step, occurrence) DO UPDATE SET state = EXCLUDED.state, ended_at = EXCLUDED.ended_at,
path = EXCLUDED.path, detail = EXCLUDED.detail
"""


def write(moves: Sequence[Move], now: datetime) -> None:
    """Write where the tracks of a set stand, and what was carried out; in the transaction that has claimed them."""
    with wire.cursor() as cursor:
        cursor.execute(
            _TRACKS,
            [
                [move.track.id for move in moves],
                [move.state.value for move in moves],
                [move.step for move in moves],
                [move.due_at for move in moves],
                [move.next_at for move in moves],
                [move.waits_for for move in moves],
                [None if move.woken is None else _dump(move.woken) for move in moves],
                [move.turn for move in moves],
                [move.attempts for move in moves],
                [move.reason for move in moves],
                [_left(move) for move in moves],
                [move.ended_at for move in moves],
            ],
            binary=True,
        )
        done = [(move, move.execution) for move in moves if move.execution is not None]
        if not done:
            return
        cursor.execute(
            _EXECUTIONS,
            [
                now,
                now,
                [move.track.id for move, _state in done],
                [move.track.step for move, _state in done],
                [move.track.turn for move, _state in done],
                [move.track.run_id for move, _state in done],
                [state.value for _move, state in done],
                [move.track.due_at for move, _state in done],
                [move.path for move, _state in done],
                [move.detail for move, _state in done],
            ],
            binary=True,
        )


def _left(move: Move) -> str | None:
    """All that the track's steps have left; None where this one adds nothing."""
    if not move.data:
        return None
    kept = move.track.data
    return _dump({**kept, move.track.step: {**kept.get(move.track.step, {}), **move.data}})


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
