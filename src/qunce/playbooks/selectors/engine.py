"""What the engine reads: tracks as they are claimed, and the facts about their targets. No guard: not for pages."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count

from qunce.kernel import wire
from qunce.members import selectors as members
from qunce.playbooks.models import Call, Run, Track
from qunce.playbooks.selectors.playbooks import Compiled, Ready, compiled
from qunce.playbooks.types import Addressed, RunState, TrackState


@dataclass(slots=True)
class Claimed:
    """A track that this worker, and nobody else, moves now; its row is locked until the transaction ends."""

    id: UUID
    run_id: int
    version_id: int
    group_id: int
    member_id: int | None
    state: str
    step: str
    began_at: datetime
    due_at: datetime
    next_at: datetime
    waits_for: str
    woken: dict[str, Any] | None
    turn: int
    attempts: int
    data: dict[str, Any]
    person: Addressed | None = None
    """The member whom it follows, once `find_people` has looked."""

    @property
    def waits(self) -> bool:
        """Whether it is in the middle of its step."""
        return self.state == TrackState.WAITING and not self.waits_for.startswith(LATE)

    @property
    def version(self) -> Compiled:
        """What it walks through."""
        return compiled(self.version_id)

    @property
    def ready(self) -> Ready | None:
        """The step it stands at; None where its version has none of this id."""
        return self.version.steps.get(self.step)


LATE = "late:"
"""What a track waits for whose step is late, until a person has decided."""

_CLAIM = """
SELECT t.id, t.run_id, t.version_id, t.group_id, t.member_id, t.state, t.step, t.began_at, t.due_at, t.next_at,
t.waits_for, t.woken::text, t.turn, t.attempts, t.data::text
FROM playbooks_track t WHERE t.state IN ('due', 'waiting') AND t.next_at <= %b AND t.run_id <> ALL(%b::bigint[])
AND (%b::bigint[] IS NULL OR t.run_id = ANY(%b::bigint[]))
ORDER BY t.next_at, t.id LIMIT %b FOR UPDATE SKIP LOCKED
"""


def claim(now: datetime, limit: int, run_ids: Collection[int] | None = None) -> list[Claimed]:
    """The tracks whose time has come, the earliest first; those that another worker has are left to it.

    ``run_ids``: of these runs alone.
    """
    # Not joined: the planner would read and sort all that is due for each set.
    paused = list(Run.objects.filter(state=RunState.PAUSED).values_list("pk", flat=True))
    only = sorted(run_ids) if run_ids is not None else None
    with wire.cursor() as cursor:
        rows = cursor.execute(_CLAIM, [now, paused, only, only, limit], binary=True).fetchall()
    return [_claimed(row) for row in rows]


def _claimed(row: Sequence[Any]) -> Claimed:
    told = list(row)
    woken, data = told[_WOKEN], told[_DATA]
    told[_WOKEN] = json.loads(woken) if woken else None
    told[_DATA] = json.loads(data) if data != "{}" else {}
    return Claimed(*told)


_WOKEN, _DATA = 11, 14
"""The places of what comes as JSON."""


def executed(tracks: Sequence[Claimed]) -> dict[UUID, str]:
    """Those of the tracks whose step was carried out already in this turn, with the path that it took then."""
    if not tracks:
        return {}
    with wire.cursor() as cursor:
        cursor.execute(
            "SELECT e.track_id, e.path FROM playbooks_execution e"
            " JOIN unnest(%b::uuid[], %b::text[], %b::bigint[]) AS w(track_id, step, turn)"
            " ON e.track_id = w.track_id AND e.step = w.step AND e.occurrence >= w.turn",
            [
                wire.uuids([each.id for each in tracks]),
                wire.words([each.step for each in tracks]),
                wire.bigints([each.turn for each in tracks]),
            ],
            binary=True,
        )
        return dict(cursor.fetchall())


def runs_of(tracks: Sequence[Claimed]) -> dict[int, Run]:
    """The runs that the tracks belong to, by id."""
    return Run.objects.in_bulk({each.run_id for each in tracks})


def find_people(tracks: Sequence[Claimed]) -> None:
    """Tell each track that follows a member who that is; None where the group does not have them any more.

    Also who does not want to be written to is not there for a playbook.
    """
    following = [(each, (each.group_id, each.member_id)) for each in tracks if each.member_id is not None]
    found = members.addressed({pair for _track, pair in following})
    for track, pair in following:
        person = found.get(pair)
        if person is not None and person.here and not person.unasked:
            track.person = Addressed(person.member_id, person.identity_id, person.external_id, person.name)


def waited_for(prefix: str) -> set[str]:
    """Everything of this kind that some track waits for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT waits_for FROM playbooks_track WHERE waits_for <> '' AND starts_with(waits_for, %s)"
            " AND state IN ('waiting', 'paused')",
            [prefix],
        )
        return {event for (event,) in cursor.fetchall()}


def over_beneath() -> list[tuple[str, str]]:
    """What tracks wait for that were begun by their steps and are over, with how they ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT t.waits_for, b.state FROM playbooks_track t JOIN playbooks_track b ON b.id ="
            " CASE WHEN starts_with(t.waits_for, 'track:') THEN substr(t.waits_for, 7)::uuid END"
            " WHERE t.waits_for <> '' AND t.woken IS NULL AND t.state IN ('waiting', 'paused')"
            " AND b.state IN ('done', 'stopped')"
        )
        return list(cursor.fetchall())


def failed_steps() -> list[tuple[Run, str, int]]:
    """Steps that have failed for good, by run (with its playbook), and of how many targets."""
    counted = Track.objects.filter(state=TrackState.FAILED).order_by("run_id", "step").values_list("run_id", "step")
    rows = list(counted.annotate(Count("pk")))
    runs = Run.objects.exclude(state=RunState.ENDED).select_related("playbook").in_bulk({key for key, *_ in rows})
    return [(runs[key], step, count) for key, step, count in rows if key in runs]


def groups_with_calls() -> frozenset[int]:
    """The groups in which a call is open."""
    return frozenset(Call.objects.filter(closed_at=None).order_by().values_list("group_id", flat=True).distinct())


def next_moment(run_ids: Collection[int] | None = None) -> datetime | None:
    """When the engine has something to do next, as far as it is known; ``run_ids``: by these runs alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(t.next_at) FROM playbooks_track t JOIN playbooks_run r ON r.id = t.run_id"
            " AND r.state = 'running' WHERE t.state IN ('due', 'waiting') AND t.next_at IS NOT NULL"
            " AND (%s::bigint[] IS NULL OR t.run_id = ANY(%s::bigint[]))",
            [list(run_ids) if run_ids is not None else None] * 2,
        )
        moment: datetime | None = cursor.fetchone()[0]
    return moment
