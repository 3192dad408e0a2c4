"""What people decide about tracks: of a run, a group, a member, or some of them; however many, in one statement.

Whoever operates a group may decide about the tracks in it, also where the run reaches farther.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.community.types import GroupFacts
from qunce.kernel import clock, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.playbooks.actions import ledger
from qunce.playbooks.actions.engine import due
from qunce.playbooks.actions.ledger import Move
from qunce.playbooks.actions.runs import note
from qunce.playbooks.actions.stopping import stop_where
from qunce.playbooks.actions.waking import soon, wake_all
from qunce.playbooks.models import Execution, Run, Track
from qunce.playbooks.selectors import runs as reads
from qunce.playbooks.selectors import tracks as those
from qunce.playbooks.selectors.engine import Claimed
from qunce.playbooks.types import ExecutionState, RunState, TrackState

LEFT_OUT = gettext_noop("A person left this out.")
STOPPED = gettext_noop("A person stopped this.")
HELD = gettext_noop("A person paused this.")


@dataclass(frozen=True, slots=True)
class Which:
    """Tracks of a run: exactly these, or those of groups or members, or (nothing named) all."""

    track_ids: tuple[UUID, ...] = ()
    group_ids: tuple[int, ...] = ()
    member_ids: tuple[int, ...] = ()


ALL = Which()


def pause_tracks(*, actor: Actor, run_id: int, which: Which = ALL, reason: str = "") -> int:
    """Hold tracks where they are until they are resumed; returns how many."""
    with transaction.atomic():
        run, ids = _meant(actor, run_id, which)
        held = _update(
            "UPDATE playbooks_track SET before_pause = state, state = 'paused', reason = %s"
            " WHERE id = ANY(%s) AND state IN ('due', 'waiting')",
            [reason.strip() or HELD, ids],
        )
        sentence = gettext_noop("%(actor)s paused targets of the playbook “%(title)s” (%(count)s).")
        _note(actor, run, "track.paused", sentence, held)
    return held


def resume_tracks(*, actor: Actor, run_id: int, which: Which = ALL) -> int:
    """Let paused tracks go on; what is late by now goes by its rule. Returns how many."""
    with transaction.atomic():
        run, ids = _meant(actor, run_id, which)
        resumed = _update(
            "UPDATE playbooks_track SET state = before_pause, before_pause = '', reason = ''"
            " WHERE id = ANY(%s) AND state = 'paused'",
            [ids],
        )
        sentence = gettext_noop("%(actor)s let targets of the playbook “%(title)s” go on (%(count)s).")
        _note(actor, run, "track.resumed", sentence, resumed)
        soon()
    return resumed


def stop_tracks(*, actor: Actor, run_id: int, which: Which = ALL, reason: str = "") -> int:
    """Take targets out of a run for good; returns how many."""
    with transaction.atomic():
        run, ids = _meant(actor, run_id, which)
        stopped = stop_where("id = ANY(%s)", [ids], reason=reason.strip() or STOPPED)
        sentence = gettext_noop("%(actor)s took targets out of the playbook “%(title)s” (%(count)s).")
        _note(actor, run, "track.stopped", sentence, stopped)
    return stopped


def skip_step(*, actor: Actor, run_id: int, which: Which = ALL, step: str = "") -> int:
    """Leave out the step that comes next (or that they wait in, or that has failed); returns how many.

    ``step``: only of tracks that stand at this one. Paused tracks stay paused, before the next step.
    """
    with transaction.atomic():
        run, ids = _meant(actor, run_id, which)
        now = clock.now()
        tracks = _locked(ids, step)
        facts = {each.id: each for each in community.group_facts({track.group_id for track in tracks})}
        moves = [_left_out(track, now, facts) for track in tracks]
        ledger.write(moves, now)
        _update("UPDATE playbooks_track SET before_pause = 'due' WHERE id = ANY(%s) AND state = 'paused'", [ids])
        over = [move for move in moves if move.ended_at is not None and not run.by_trigger]
        wake_all(events={f"track:{move.track.id}": {"state": move.state.value} for move in over})
        sentence = gettext_noop("%(actor)s left a step of the playbook “%(title)s” out (targets: %(count)s).")
        _note(actor, run, "track.skipped", sentence, len(moves))
        soon()
    return len(moves)


def redo_step(*, actor: Actor, track_id: UUID, step: str = "") -> None:
    """Do a step of a track again, now: the one that has failed, or any that was carried out or left out.

    What came after it is not done again: the track goes on with the next step that it has not had. Conflict where the
    track is in the middle of another step.
    """
    with transaction.atomic():
        seen = those.one_track(actor, track_id)
        run, ids = _meant(actor, seen.run_id, Which(track_ids=(track_id,)))
        if not ids:
            raise NotFound
        if run.state == RunState.ENDED:
            raise Conflict(_("This run has ended."))
        track = locks.row(Track, track_id)
        step = step or track.step
        if TrackState.WAITING in {track.before_pause, track.state}:
            raise Conflict(
                _("This target is in the middle of a step."), fix=_("Wait until it is through, or leave it out.")
            )
        had = Execution.objects.filter(track_id=track_id, step=step).order_by("-occurrence").first()
        if had is None:
            raise Invalid(_("This step was not carried out yet."))
        now = clock.now()
        track.state, track.before_pause, track.reason, track.ended_at = TrackState.DUE, "", "", None
        track.step, track.turn, track.attempts = step, had.occurrence + 1, 0
        track.due_at = track.next_at = now
        track.waits_for, track.woken = "", None
        track.save()
        sentence = gettext_noop(
            "%(actor)s let a step of the playbook “%(title)s” be done again (targets: %(count)s)."
        )
        _note(actor, run, "track.redone", sentence, 1)
        soon()


def retry_failed(*, actor: Actor, run_id: int, which: Which = ALL, step: str = "") -> int:
    """Do the steps that have failed again, now; returns how many. ``step``: only where this one has."""
    with transaction.atomic():
        run, ids = _meant(actor, run_id, which)
        again = _update(
            "UPDATE playbooks_track SET state = 'due', reason = '', attempts = 0, turn = turn + 1, due_at = %s,"
            " next_at = %s, waits_for = '', woken = NULL"
            " WHERE id = ANY(%s) AND state = 'failed' AND (%s = '' OR step = %s)",
            [clock.now(), clock.now(), ids, step, step],
        )
        sentence = gettext_noop(
            "%(actor)s let a step of the playbook “%(title)s” be done again (targets: %(count)s)."
        )
        _note(actor, run, "track.redone", sentence, again)
        soon()
    return again


# ------------------------------------------------------------------ within
def _meant(actor: Actor, run_id: int, which: Which) -> tuple[Run, list[UUID]]:
    """The run, and those of its tracks that are meant and that the actor operates.

    NotFound where he sees neither; NotAllowed where he operates none of the groups.
    """
    if not those.visible_tracks(actor).filter(run=run_id).exists():
        reads.run(actor, run_id)
    run = Run.objects.select_related("playbook", "version").get(pk=run_id)
    found = those.visible_tracks(actor, Permission.OPERATE).filter(run=run_id).select_related(None).order_by()
    if not found.exists():
        reads.run(actor, run_id, Permission.OPERATE)
    if which.track_ids:
        found = found.filter(pk__among=which.track_ids)
    if which.group_ids:
        found = found.filter(group_id__among=which.group_ids)
    if which.member_ids:
        found = found.filter(member_id__among=which.member_ids)
    return run, list(found.values_list("pk", flat=True))


def _update(statement: str, params: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        count: int = cursor.rowcount
    return count


def _locked(ids: Collection[UUID], step: str) -> list[Track]:
    """Those that are not over, and stand at the step where one is named."""
    rows = [track for track in locks.rows(Track, ids) if track.step and track.state not in reads.OVER]
    return [track for track in rows if not step or track.step == step]


def claimed(track: Track) -> Claimed:
    """A locked row, as the engine sees it."""
    fields = ("id", "run_id", "version_id", "group_id", "member_id", "state", "step", "began_at", "due_at")
    more = ("waits_for", "woken", "turn", "attempts", "data")
    values: dict[str, Any] = {name: getattr(track, name) for name in (*fields, *more)}
    return Claimed(**values, next_at=track.next_at or track.due_at)


def _left_out(track: Track, now: datetime, facts: Mapping[int, GroupFacts]) -> Move:
    """On behind the step it stands at; as if it had ended when it was due, or now if that is still to come."""
    row = claimed(track)
    walk = row.version.walk
    following = walk.after(track.step) if track.step in walk.steps and track.group_id in facts else ""
    due_at = due(row, following, now, min(track.due_at, now), facts[track.group_id]) if following else track.due_at
    paused = track.state == TrackState.PAUSED
    return Move(
        row,
        (TrackState.PAUSED if paused else TrackState.DUE) if following else TrackState.DONE,
        following,
        due_at,
        due_at if following else None,
        reason=track.reason if paused else "",
        execution=ExecutionState.SKIPPED,
        detail=LEFT_OUT,
        ended_at=None if following else now,
    )


def _note(actor: Actor, run: Run, action: str, sentence: str, count: int) -> None:
    if count:
        note(actor, run, action, sentence, count=count)
