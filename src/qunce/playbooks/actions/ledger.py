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


_dump = json.JSONEncoder(ensure_ascii=False).encode
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
    done = [(move, move.execution, move.track) for move in moves if move.execution is not None]
    with wire.overlap(), wire.ahead() as cursor:
        cursor.execute(
            _TRACKS,
            [
                wire.uuids([move.track.id for move in moves]),
                wire.words([move.state.value for move in moves]),
                wire.words([move.step for move in moves]),
                wire.moments([move.due_at for move in moves]),
                wire.moments([move.next_at for move in moves]),
                wire.words([move.waits_for for move in moves]),
                wire.words([None if move.woken is None else _dump(move.woken) for move in moves]),
                wire.integers([move.turn for move in moves]),
                wire.smallints([move.attempts for move in moves]),
                wire.words([move.reason for move in moves]),
                wire.words([_left(move) for move in moves]),
                wire.moments([move.ended_at for move in moves]),
            ],
            binary=True,
        )
        if done:
            cursor.execute(
                _EXECUTIONS,
                [
                    now,
                    now,
                    wire.uuids([track.id for _move, _state, track in done]),
                    wire.words([track.step for _move, _state, track in done]),
                    wire.bigints([track.turn for _move, _state, track in done]),
                    wire.bigints([track.run_id for _move, _state, track in done]),
                    wire.words([state.value for _move, state, _track in done]),
                    wire.moments([track.due_at for _move, _state, track in done]),
                    wire.words([move.path for move, _state, _track in done]),
                    wire.words([move.detail for move, _state, _track in done]),
                ],
                binary=True,
            )


def _left(move: Move) -> str | None:
    """All that the track's steps have left; None where this one adds nothing."""
    if not move.data:
        return None
    kept = move.track.data
    return _dump({**kept, move.track.step: {**kept.get(move.track.step, {}), **move.data}})
