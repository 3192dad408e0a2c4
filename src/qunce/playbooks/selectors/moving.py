"""What would become of running tracks if they were moved to another version."""

from dataclasses import dataclass

from django.db import connection

from qunce.kernel.actor import Actor, Permission
from qunce.playbooks.models import Run, Version
from qunce.playbooks.selectors.playbooks import Compiled, compiled, version
from qunce.playbooks.selectors.runs import run as one_run
from qunce.playbooks.types import TrackState


@dataclass(frozen=True, slots=True)
class Group:
    """Tracks that stand at the same step of the same version, and where they would go on.

    ``to`` "": they would be through. ``leaves_out``: they are in the middle of a step that would be left out.
    ``misses``: steps of the new version that they do not get, because they are past their place.
    """

    version_id: int
    step: str
    waiting: bool
    count: int
    to: str
    leaves_out: bool
    misses: tuple[str, ...] = ()

    @property
    def stays(self) -> bool:
        """Whether they go on at the same step."""
        return self.step == self.to and not self.leaves_out


def move_preview(actor: Actor, run_id: int, number: int | None = None) -> list[Group]:
    """Who of a run gets what in another version (None: the latest), the most first; but for who has it already."""
    row = one_run(actor, run_id, Permission.OPERATE)
    return groups_to_move(row, version(actor, row.playbook_id, number))


def groups_to_move(row: Run, target: Version) -> list[Group]:
    """The same without a guard, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version_id, step, coalesce(nullif(before_pause, ''), state) = 'waiting'"
            " AND NOT starts_with(waits_for, 'late:'), count(*)"
            " FROM playbooks_track WHERE run_id = %s AND version_id <> %s AND state = ANY(%s)"
            " GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2",
            [row.pk, target.pk, MOVABLE],
        )
        rows = cursor.fetchall()
    new = compiled(target.pk)
    return [_group(version_id, step, waiting, count, new) for version_id, step, waiting, count in rows]


def _group(version_id: int, step: str, waiting: bool, count: int, new: Compiled) -> Group:  # noqa: FBT001 (a row)
    old = compiled(version_id)
    to, leaves_out = where_to(old, step, new, waiting=waiting)
    return Group(version_id, step, waiting, count, to, leaves_out, tuple(old.walk.passes_over(step, new.walk, to)))


MOVABLE = [TrackState.DUE.value, TrackState.WAITING.value, TrackState.PAUSED.value, TrackState.FAILED.value]


def where_to(old: Compiled, step: str, new: Compiled, *, waiting: bool) -> tuple[str, bool]:
    """The step of ``new`` at which a track goes on, and whether the one that it is in the middle of is left out.

    A step of the same id continues; in its middle only where it is still of the same kind.
    """
    to = old.walk.goes_on_at(step, new.walk)
    if not waiting:
        return to, False
    if to != step:
        return to, True
    if old.steps[step].spec.do != new.steps[step].spec.do:
        return new.walk.after(step), True
    return to, False
