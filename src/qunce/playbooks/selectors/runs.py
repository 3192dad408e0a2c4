"""Reads of runs: who sees them, whom they reach, how far they are."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Q, QuerySet

from qunce.chat import selectors as chat
from qunce.chat.types import Selection, from_json
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.playbooks.models import Playbook, Run, Track
from qunce.playbooks.selectors.playbooks import compiled
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.types import RunState, TrackState

OVER = (TrackState.DONE, TrackState.STOPPED)


def visible_runs(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Run]:
    """Runs all of whose communities the actor may see, the latest first, with playbook and version."""
    allowed = actor.communities(permission)
    found = Run.objects.select_related("playbook", "version").order_by("-pk")
    return found if allowed is None else found.filter(community_ids__contained_by=sorted(allowed))


def runs_that_reach(actor: Actor) -> QuerySet[Run]:
    """Runs in some community that the actor may see: of others, what they do in groups that the actor may see."""
    allowed = actor.communities(Permission.VIEW)
    found = Run.objects.select_related("playbook", "version").order_by("-pk")
    if allowed is None:
        return found
    if not allowed:
        return found.none()
    return found.filter(reduce(or_, (Q(community_ids__contains=[key]) for key in sorted(allowed))))


def run(actor: Actor, run_id: int, permission: Permission = Permission.VIEW) -> Run:
    """One of them. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = visible_runs(actor).filter(pk=run_id).first()
    if found is None:
        raise NotFound
    for community_id in found.community_ids:
        actor.require(permission, community_id)
    return found


def selection_of(run: Run) -> Selection:
    """The groups that it was begun for."""
    return from_json(Selection, run.selection)


def reachable(actor: Actor, playbook: Playbook, selection: Selection) -> dict[int, int]:
    """The community of each group that a run would reach, by the group's id: those that the actor operates.

    A playbook that belongs to a community reaches groups of that one alone.
    """
    found = chat.selectable(actor, selection)
    if playbook.community_id is not None:
        found = found.filter(community=playbook.community_id)
    return dict(found.values_list("pk", "community_id"))


# ------------------------------------------------------------------ how far it is
@dataclass(frozen=True, slots=True)
class Standing:
    """How many tracks of a run are in each state, and when something comes next."""

    counts: dict[TrackState, int] = field(default_factory=dict)
    next_at: datetime | None = None

    @property
    def targets(self) -> int:
        """All that have begun."""
        return sum(self.counts.values())

    @property
    def over(self) -> int:
        """Those that are through, or were stopped."""
        return sum(self.counts.get(state, 0) for state in OVER)

    @property
    def needs_person(self) -> int:
        """Those of which a step has failed."""
        return self.counts.get(TrackState.FAILED, 0)


def standings(run_ids: Collection[int]) -> dict[int, Standing]:
    """How far runs are, by id, in one statement. No guard: for lists of what the actor may see."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT run_id, state, count(*), min(next_at) FILTER (WHERE state IN ('due', 'waiting'))"
            " FROM playbooks_track WHERE run_id = ANY(%s) GROUP BY run_id, state",
            [list(run_ids)],
        )
        rows = cursor.fetchall()
    counts: dict[int, dict[TrackState, int]] = {key: {} for key in run_ids}
    coming: dict[int, datetime] = {}
    for key, state, count, next_at in rows:
        counts[key][TrackState(state)] = count
        if next_at is not None:
            coming[key] = min(next_at, coming.get(key, next_at))
    return {key: Standing(counts[key], coming.get(key)) for key in counts}


# ------------------------------------------------------------------ the engine's part; no guard: not for pages
def living() -> list[int]:
    """Runs whose triggers are asked."""
    rows = Run.objects.exclude(state=RunState.ENDED).filter(state=RunState.RUNNING, by_trigger=True)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def group_ids_of(run: Run) -> list[int]:
    """The groups that fit its selection now, in the communities in which it was begun."""
    found = chat.selectable(SYSTEM, selection_of(run)).filter(community__in=run.community_ids)
    return list(found.values_list("pk", flat=True))


def groups_with_tracks(run_id: int) -> set[int]:
    """Groups of which a target has begun."""
    return set(Track.objects.filter(run=run_id).order_by().values_list("group_id", flat=True).distinct())


def that_end_by_themselves() -> list[Run]:
    """Living runs that have no further starts to wait for."""
    alive = Run.objects.exclude(state=RunState.ENDED).filter(state=RunState.RUNNING).order_by("pk")
    return [row for row in alive if not row.by_trigger or (_with_run(row) and row.looked_at >= row.begins_at)]


def _with_run(row: Run) -> bool:
    trigger = compiled(row.version_id).trigger
    return trigger is not None and trigger.with_run


def through(run_ids: Collection[int]) -> list[int]:
    """Those of the runs that have nothing left to do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.id FROM playbooks_run r WHERE r.id = ANY(%s) AND NOT EXISTS (SELECT 1 FROM playbooks_track t"
            " WHERE t.run_id = r.id AND t.state IN ('due', 'waiting', 'paused', 'failed'))",
            [list(run_ids)],
        )
        return [key for (key,) in cursor.fetchall()]


def listening() -> list[tuple[Run, frozenset[int]]]:
    """Living runs whose triggers hear what is said, with the groups that they listen to."""
    return [(row, frozenset(group_ids_of(row))) for row in _with_trigger_that("hears")]


def catching() -> list[Run]:
    """Living runs whose triggers catch events."""
    return _with_trigger_that("caught")


def _with_trigger_that(does: str) -> list[Run]:
    alive = Run.objects.filter(state=RunState.RUNNING, by_trigger=True).order_by("pk")
    kinds = ((row, compiled(row.version_id).trigger) for row in alive)
    return [row for row, kind in kinds if kind and getattr(type(kind), does) is not getattr(Trigger, does)]
