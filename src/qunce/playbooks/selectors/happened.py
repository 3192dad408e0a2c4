"""What has happened in other playbooks' runs, for triggers: answers to their questions, tasks that were done."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from qunce.playbooks.models import CallAnswer, Execution, Run, Track
from qunce.playbooks.selectors.playbooks import compiled
from qunce.playbooks.types import ExecutionState

TASK, DONE = "task", "done"


@dataclass(frozen=True, slots=True)
class Happened:
    """Something at a moment; ``number`` tells it from everything else of its kind."""

    group_id: int
    at: datetime
    number: int
    member_id: int | None = None
    identity_id: int | None = None
    text: str = ""


def answered(
    playbook: str, step: str, group_ids: Collection[int], since: datetime, until: datetime
) -> list[Happened]:
    """First answers to what a playbook (by its key) has asked, by time, numbered by call; ``step``: to this one."""
    runs = list(_runs(playbook).values_list("pk", flat=True))
    found = CallAnswer.objects.filter(
        call__run_id__in=runs, call__group_id__in=list(group_ids), sent_at__gt=since, sent_at__lte=until
    )
    # Nothing is answered after its end: calls of long ago are left out before their answers are looked for.
    found = found.filter(call__closes_at__gt=since, **({"call__step": step} if step else {}))
    return [
        Happened(row.call.group_id, row.sent_at, row.call_id, identity_id=row.identity_id, text=row.text)
        for row in found.select_related("call").order_by("sent_at", "pk")
    ]


def tasks_done(
    playbook: str, step: str, group_ids: Collection[int], since: datetime, until: datetime
) -> list[Happened]:
    """Tasks of a playbook (by its key) that were done in time, by time; ``step``: of this one."""
    runs = dict(_runs(playbook).values_list("pk", "version_id"))
    steps = {
        key
        for version_id in set(runs.values())
        for key, each in compiled(version_id).steps.items()
        if each.spec.do == TASK and step in {"", key}
    }
    found = Execution.objects.filter(run_id__in=list(runs), step__in=steps, state=ExecutionState.DONE, path=DONE)
    rows = list(found.filter(ended_at__gt=since, ended_at__lte=until).order_by("ended_at", "pk"))
    tracks = Track.objects.in_bulk([row.track_id for row in rows])
    here = set(group_ids)
    return [
        Happened(track.group_id, row.ended_at, row.pk, track.member_id)
        for row in rows
        if (track := tracks.get(row.track_id)) is not None and track.group_id in here and row.ended_at is not None
    ]


def _runs(playbook: str) -> QuerySet[Run]:
    return Run.objects.filter(playbook__key=playbook)
