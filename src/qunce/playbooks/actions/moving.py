"""Moving running tracks to another version: explicit, previewed, and never doing again what was done."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.community.types import GroupFacts
from qunce.kernel import clock, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict
from qunce.playbooks.actions.engine import due
from qunce.playbooks.actions.runs import note
from qunce.playbooks.actions.tracks import claimed
from qunce.playbooks.actions.waking import soon
from qunce.playbooks.models import Run, Track
from qunce.playbooks.selectors import moving as reads
from qunce.playbooks.selectors import playbooks as versions
from qunce.playbooks.selectors import runs
from qunce.playbooks.types import ExecutionState, RunState, TrackState

AT_ONCE = 2000
NOT_THERE_ANY_MORE = gettext_noop("This step is not in the new version.")

_MOVE = """
UPDATE playbooks_track t SET version_id = %s, step = m.step, state = m.state, due_at = m.due_at, next_at = m.next_at,
before_pause = CASE WHEN m.left_out AND t.state = 'paused' AND m.state = 'paused' THEN 'due' ELSE t.before_pause END,
waits_for = CASE WHEN m.left_out THEN '' ELSE t.waits_for END,
woken = CASE WHEN m.left_out THEN NULL ELSE t.woken END,
turn = CASE WHEN m.step = t.step THEN t.turn ELSE 0 END, attempts = 0, ended_at = m.ended_at
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::boolean[],
%s::timestamptz[]) AS m(id, step, state, due_at, next_at, left_out, ended_at) WHERE t.id = m.id
"""
_LEAVE_OUT = """
UPDATE playbooks_execution SET state = %s, detail = %s, ended_at = %s WHERE track_id = ANY(%s) AND state = 'waiting'
"""


def move_tracks(*, actor: Actor, run_id: int, number: int | None = None) -> int:
    """Move a run and all its tracks to another version (None: the latest); returns how many tracks.

    At a step of the same id they go on there; where it is gone, at the next one behind it that both versions have;
    else they are through. What was carried out stays so: the engine passes over it.
    """
    with transaction.atomic():
        runs.run(actor, run_id, Permission.OPERATE)
        run = locks.row(Run, run_id)
        if run.state == RunState.ENDED:
            raise Conflict(_("This run has ended."))
        target = versions.version(actor, run.playbook_id, number)
        if run.version_id == target.pk and not reads.groups_to_move(run, target):
            raise Conflict(_("It is at this version already."))
        versions.require_parts(versions.document_of(target))
        run.version = target
        run.save(update_fields=["version"])
        moved = 0
        ids = Track.objects.filter(run=run, state__in=reads.MOVABLE).exclude(version=target).order_by("pk")
        keys = list(ids.values_list("pk", flat=True))
        for first in range(0, len(keys), AT_ONCE):
            moved += _portion(locks.rows(Track, keys[first : first + AT_ONCE]), target.pk)
        note(
            actor,
            run,
            "run.moved",
            gettext_noop("%(actor)s moved the playbook “%(title)s” to version %(number)s (targets: %(count)s)."),
            number=target.number,
            count=moved,
        )
        soon()
    return moved


def _portion(tracks: Sequence[Track], version_id: int) -> int:
    now = clock.now()
    alive = [track for track in tracks if track.state in reads.MOVABLE]
    facts = {each.id: each for each in community.group_facts({track.group_id for track in alive})}
    ends = _last_ends([track.pk for track in alive])
    lines = [_line(track, version_id, ends.get(track.pk, track.began_at), facts, now) for track in alive]
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*lines, strict=True)] if lines else [[]] * 7
        cursor.execute(_MOVE, [version_id, *columns])
        halted = [line[0] for line in lines if line[5]]
        cursor.execute(_LEAVE_OUT, [ExecutionState.SKIPPED.value, NOT_THERE_ANY_MORE, now, halted])
    return len(alive)


_Line = tuple[UUID, str, str, datetime, datetime | None, bool, datetime | None]


def _line(
    track: Track, version_id: int, previous_end: datetime, facts: Mapping[int, GroupFacts], now: datetime
) -> _Line:
    """Where one track goes on: step, state, due, when it is looked at, whether its middle is left out, its end."""
    row = claimed(track)
    state = TrackState(track.before_pause or track.state)
    waiting = state is TrackState.WAITING and row.waits
    new = versions.compiled(version_id)
    to, left_out = reads.where_to(row.version, track.step, new, waiting=waiting)
    if not to or track.group_id not in facts:
        return track.pk, "", TrackState.DONE.value, track.due_at, None, left_out, now
    if to == track.step and (waiting or state is TrackState.FAILED):
        return track.pk, to, track.state, track.due_at, track.next_at, False, None
    row.version_id = version_id
    ended = now if left_out else previous_end
    due_at = due(row, to, ended, ended, facts[track.group_id])
    held = track.state == TrackState.PAUSED
    moved_state = track.state if held else TrackState.DUE.value
    return track.pk, to, moved_state, due_at, due_at, left_out or state is TrackState.WAITING, None


def _last_ends(track_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When the last step of each track was through."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT track_id, max(ended_at) FROM playbooks_execution WHERE track_id = ANY(%s)"
            " AND ended_at IS NOT NULL GROUP BY track_id",
            [list(track_ids)],
        )
        return dict(cursor.fetchall())
