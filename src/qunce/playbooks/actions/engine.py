"""The engine: tracks whose time has come are moved on, a set of them in one transaction.

Claim, facts, what is late or left out, ``kind.run`` per step, and all that came of it: a crash anywhere leaves
everything as it was. Any number of workers do this at the same time; a row is claimed by one.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.community.types import GroupFacts
from qunce.kernel import clock, live, revisions
from qunce.members.condition import Subject
from qunce.playbooks.actions import ledger
from qunce.playbooks.actions.carrying import carry_out, in_a_circle
from qunce.playbooks.actions.lateness import ask_whether
from qunce.playbooks.actions.ledger import Move
from qunce.playbooks.actions.waking import wake_all
from qunce.playbooks.models import Run
from qunce.playbooks.policies import walking
from qunce.playbooks.policies.moments import moment
from qunce.playbooks.selectors import engine as reads
from qunce.playbooks.selectors.engine import LATE, Claimed
from qunce.playbooks.selectors.playbooks import Ready
from qunce.playbooks.types import (
    Branch,
    End,
    ExecutionState,
    Failed,
    Late,
    Outcome,
    RunState,
    StepRun,
    TrackState,
    WaitFor,
    WaitUntil,
    said,
)

MOST_CIRCLES = 5
RUN_STOPPED = gettext_noop("The run was stopped.")
GROUP_IS_GONE = gettext_noop("The group is in no community any more, or archived.")
MEMBER_IS_GONE = gettext_noop("They have left the group, or do not want to be written to.")
TOO_LATE = gettext_noop("Its time had passed.")
LATE_ASKS = gettext_noop("Its time has passed; a person decides whether it is still done.")
NOT_FOR_THEM = gettext_noop("A condition did not hold.")
UNREADABLE = gettext_noop("This step cannot be carried out as it is written.")


def advance(*, limit: int = 1000, now: datetime | None = None, run_ids: Collection[int] | None = None) -> int:
    """Move tracks whose time has come by one step each, at most ``limit``, the earliest first; returns how many.

    Zero: nothing is due that no other worker has in hand. ``run_ids``: of these runs alone, for rehearsals.

    Workers take what they share in one order, and what all share (revisions) last. Where two wait for each other all
    the same, because of what steps take, the one that the database chooses begins its set again.
    """
    for _attempt in range(MOST_CIRCLES):
        try:
            return _advance(limit, now or clock.now(), run_ids)
        except OperationalError as error:
            if not in_a_circle(error):
                raise
    return _advance(1, now or clock.now(), run_ids)


def _advance(limit: int, now: datetime, run_ids: Collection[int] | None) -> int:
    with transaction.atomic(), revisions.at_the_end():
        tracks = reads.claim(now, limit, run_ids)
        if not tracks:
            return 0
        working = _Set(tracks, now)
        working.work()
        ledger.write(working.moves, now)
        live.touch("playbooks", *(f"run:{key}" for key in {each.run_id for each in tracks}))
    # Only now: another worker may hold the tracks that wait for these, and wait for what this one held.
    wake_all(events={f"track:{move.track.id}": {"state": move.state.value} for move in working.ended_beneath()})
    return len(tracks)


def wake_above() -> int:
    """Let what waits for tracks that are over go on, where a crash has kept it from being told; for the clock."""
    return wake_all(events={event: {"state": state} for event, state in reads.over_beneath()})


class _Set:
    """The tracks of one transaction, and where each goes."""

    def __init__(self, tracks: Sequence[Claimed], now: datetime) -> None:
        self.tracks = tracks
        self.now = now
        self.moves: list[Move] = []
        self.groups: Mapping[int, GroupFacts] = {
            facts.id: facts for facts in community.group_facts({each.group_id for each in tracks})
        }
        self.runs: Mapping[int, Run] = reads.runs_of(tracks)
        reads.find_people(tracks)
        self.values: dict[tuple[int, int, str], Mapping[str, str]] = {}
        self.moments: dict[tuple[object, ...], datetime] = {}

    def work(self) -> None:
        here = sorted((each for each in self.tracks if self._is_there(each)), key=_PLACE)
        done = reads.executed([each for each in here if not each.waits])
        by_step: dict[tuple[int, str], list[Claimed]] = defaultdict(list)
        for track in here:
            if track.id in done:  # it was carried out before somebody moved the track: never again
                self._go_on(track, done[track.id], track.due_at, None)
            elif track.ready is None:
                self._end(track, TrackState.DONE)
            elif track.ready.kind is None:
                self._fail(track, UNREADABLE)
            elif self._is_in_time(track, track.ready):
                by_step[track.version_id, track.step].append(track)
        for some in by_step.values():
            ready = some[0].ready
            if ready is not None:
                self._carry_out(ready, some)

    def ended_beneath(self) -> list[Move]:
        """Those that are over and were begun by a step of another playbook."""
        return [
            move for move in self.moves if move.ended_at is not None and not self.runs[move.track.run_id].by_trigger
        ]

    # -------------------------------------------------------------- who goes on
    def _is_there(self, track: Claimed) -> bool:
        if self.runs[track.run_id].state == RunState.ENDED:  # it began while the run was being stopped
            self._stop(track, RUN_STOPPED)
            return False
        if track.group_id not in self.groups:
            self._stop(track, GROUP_IS_GONE)
            return False
        if track.member_id is not None and track.person is None:
            self._stop(track, MEMBER_IS_GONE)
            return False
        return True

    def _is_in_time(self, track: Claimed, ready: Ready) -> bool:
        """Whether its step is carried out now; what is late goes by its rule."""
        document = track.version.document
        if track.state == TrackState.WAITING:
            if not track.waits_for.startswith(LATE) or (track.woken or {}).get("done"):
                return True
            self._leave_out(track, TOO_LATE, self.now)
            return False
        if track.attempts or not walking.is_late(track.due_at, self.now, document.late_after):
            return True
        rule = walking.late_rule(ready.spec, document)
        if rule is Late.SEND:
            return True
        if rule is Late.SKIP:
            # It ends when it was due: what comes after is late as well, and not sent in its place.
            self._leave_out(track, TOO_LATE, track.due_at)
        else:
            self.moves.append(
                Move(
                    track,
                    TrackState.WAITING,
                    track.step,
                    track.due_at,
                    None,
                    waits_for=ask_whether(self.runs[track.run_id], track.step, said(ready.spec.title, "")),
                    turn=track.turn,
                    reason=LATE_ASKS,
                )
            )
        return False

    # -------------------------------------------------------------- carrying out
    def _carry_out(self, ready: Ready, tracks: Sequence[Claimed]) -> None:
        kind = ready.kind
        assert kind is not None  # noqa: S101 (the caller has looked)
        wanted = tracks
        if ready.only_if:
            fit = self._fitting(ready, tracks)
            wanted = [track for track in tracks if track.id in fit]
            for track in tracks:
                if track.id not in fit:
                    self._leave_out(track, NOT_FOR_THEM, self.now)
        if wanted:
            outcomes = carry_out(kind, [self._step_run(track, ready) for track in wanted])
            for track, outcome in zip(wanted, outcomes, strict=True):
                self._conclude(track, outcome)

    def _fitting(self, ready: Ready, tracks: Sequence[Claimed]) -> Collection[UUID]:
        """Those for whom the step's conditions hold; what is in its middle is not asked again."""
        fit = {track.id for track in tracks}
        for condition, config in ready.only_if:
            asked = {track.id: _subject(track) for track in tracks if track.id in fit and not track.waits}
            holding = condition.holding(config, set(asked.values()), self.now) if asked else set()
            fit -= {key for key, subject in asked.items() if subject not in holding}
        return fit

    def _step_run(self, track: Claimed, ready: Ready) -> StepRun:
        run = self.runs[track.run_id]
        group = self.groups[track.group_id]
        return StepRun(
            key=key_of(track.id, track.step, track.turn),
            track_id=track.id,
            run_id=track.run_id,
            step_id=track.step,
            occurrence=track.turn,
            group=group,
            member=track.person,
            config=ready.config,
            data=track.data,
            values=self._values(track, run, group.language),
            began_at=track.began_at,
            due_at=track.due_at,
            now=self.now,
            asked_by=run.created_by,
            woken=track.woken if track.waits else None,
            timed_out=track.waits and track.woken is None,
            by_member=track.version.trigger is not None and track.version.trigger.by_member,
        )

    def _values(self, track: Claimed, run: Run, language: str) -> Mapping[str, str]:
        """Of the playbook's variables, in the group's language."""
        key = track.version_id, run.pk, language
        if key not in self.values:
            variables = track.version.document.variables
            given = run.values
            self.values[key] = {
                name: str(given.get(name) or said(variable.default, language)) for name, variable in variables.items()
            }
        return self.values[key]

    # -------------------------------------------------------------- what came of it
    def _conclude(self, track: Claimed, outcome: Outcome) -> None:
        if isinstance(outcome, WaitUntil | WaitFor):
            self._wait(track, outcome)
        elif isinstance(outcome, Failed):
            self._failed(track, outcome)
        elif isinstance(outcome, End):
            state = TrackState.STOPPED if outcome.reason else TrackState.DONE
            self._end(track, state, outcome.reason, outcome.data, ExecutionState.DONE)
        elif isinstance(outcome, Branch):
            self._go_on(track, outcome.path, self._ended(track), ExecutionState.DONE, data=outcome.data)
        else:
            state_of = ExecutionState.SKIPPED if outcome.skipped else ExecutionState.DONE
            self._go_on(track, "", self._ended(track), state_of, why=outcome.skipped, data=outcome.data)

    def _ended(self, track: Claimed) -> datetime:
        """When its step was through: a wait that ran out while nobody looked ended at its time."""
        return track.next_at if track.waits and track.woken is None else self.now

    def _wait(self, track: Claimed, outcome: WaitUntil | WaitFor) -> None:
        event = outcome.event if isinstance(outcome, WaitFor) else ""
        until = outcome.until if isinstance(outcome, WaitFor) else outcome.at
        self.moves.append(
            Move(
                track,
                TrackState.WAITING,
                track.step,
                track.due_at,
                until,
                waits_for=event,
                turn=track.turn,
                data=outcome.data,
                execution=ExecutionState.WAITING,
            )
        )

    def _failed(self, track: Claimed, outcome: Failed) -> None:
        attempts = track.attempts + 1
        pause = walking.next_attempt(attempts, outcome.again)
        if pause is None:
            self._fail(track, outcome.reason, attempts)
            return
        self.moves.append(
            Move(
                track,
                TrackState(track.state),
                track.step,
                track.due_at,
                self.now + pause,
                waits_for=track.waits_for,
                woken=track.woken,
                turn=track.turn,
                attempts=attempts,
                reason=outcome.reason,
            )
        )

    def _fail(self, track: Claimed, reason: str, attempts: int = 1) -> None:
        self.moves.append(
            Move(
                track,
                TrackState.FAILED,
                track.step,
                track.due_at,
                None,
                turn=track.turn,
                attempts=attempts,
                reason=reason,
                execution=ExecutionState.FAILED,
                detail=reason,
            )
        )

    def _leave_out(self, track: Claimed, why: str, ended: datetime) -> None:
        self._go_on(track, "", ended, ExecutionState.SKIPPED, why=why)

    def _stop(self, track: Claimed, reason: str) -> None:
        self._end(track, TrackState.STOPPED, reason, execution=ExecutionState.SKIPPED if track.waits else None)

    def _end(
        self,
        track: Claimed,
        state: TrackState,
        reason: str = "",
        data: Mapping[str, object] | None = None,
        execution: ExecutionState | None = None,
    ) -> None:
        self.moves.append(
            Move(
                track,
                state,
                "",
                track.due_at,
                None,
                reason=reason,
                data=data or {},
                execution=execution,
                detail=reason,
                ended_at=self.now,
            )
        )

    def _go_on(
        self,
        track: Claimed,
        path: str,
        previous_end: datetime,
        execution: ExecutionState | None,
        *,
        why: str = "",
        data: Mapping[str, object] | None = None,
    ) -> None:
        """On to the next step at its moment, or through; ``execution`` None: nothing is to be written."""
        following = track.version.walk.after(track.step, path)
        due_at = track.due_at
        if following:
            late = not track.waits and walking.is_late(track.due_at, self.now, track.version.document.late_after)
            since = track.due_at if late else previous_end
            due_at = self._due(track, following, previous_end, since)
        self.moves.append(
            Move(
                track,
                TrackState.DUE if following else TrackState.DONE,
                following,
                due_at,
                due_at if following else None,
                data=data or {},
                execution=execution,
                path=path,
                detail=why,
                ended_at=None if following else self.now,
            )
        )

    def _due(self, track: Claimed, following: str, previous_end: datetime, since: datetime) -> datetime:
        """As `due`; most tracks of a set have begun at the same moment, in the same zone."""
        group = self.groups[track.group_id]
        key = track.version_id, following, track.began_at, previous_end, since, group.zone.key
        if key not in self.moments:
            self.moments[key] = due(track, following, previous_end, since, group)
        return self.moments[key]


def _subject(track: Claimed) -> Subject:
    person = track.person
    return Subject(track.group_id, *((person.member_id, person.identity_id) if person else (None, None)))


_PLACE = attrgetter("run_id", "step")


def key_of(track_id: UUID, step: str, turn: int) -> str:
    """What everything that one execution makes is known by."""
    return f"playbook:{track_id.hex}:{step}:{turn}"


def due(track: Claimed, step: str, previous_end: datetime, since: datetime, group: GroupFacts) -> datetime:
    """When a step of its version is due on a track.

    ``since``: what stands for the end of the step before where the step has a day of its own. After a step that was
    done late that is when it was due: days that went by meanwhile are late as well, and do not come all at once.
    """
    when = track.version.walk.steps[step].when
    end = previous_end if walking.follows(when) else since
    return max(moment(when, track.began_at, end, group.zone), end)
