"""Playbooks that are begun by a step of another playbook."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID, uuid5

from qunce.kernel import clock, locks
from qunce.playbooks.actions import starting
from qunce.playbooks.models import Run, Track, Version
from qunce.playbooks.selectors import playbooks as versions
from qunce.playbooks.types import RunState, Start, StepRun

_BENEATH = UUID("5c0c1d0e-6a0e-4d0f-9a43-3f1d2f6f9a10")


def begin_beneath(*, key: str, steps: Sequence[StepRun]) -> list[UUID | None]:
    """Let the targets of these steps begin another playbook, in the caller's transaction; the track of each.

    ``key``: of the playbook; the one of the group's community goes before everybody's. None where none was
    published, or the target may not be asked. Called again it returns the same tracks. When a track is over,
    ``track:<id>`` happens with its ``state``. The run that keeps them is one per run, step and playbook.
    """
    found = _by_key(key, {step.group.community_id for step in steps})
    by_run: dict[tuple[int, str, int], list[int]] = defaultdict(list)
    for place, step in enumerate(steps):
        version = found.get(step.group.community_id) or found.get(None)
        if version is not None:
            by_run[step.run_id, step.step_id, version.pk].append(place)
    made: list[UUID | None] = [None] * len(steps)
    of = {version.pk: version for version in found.values()}
    for (run_id, step_id, version_id), places in sorted(by_run.items()):
        run = _run_beneath(run_id, step_id, of[version_id])
        tracks = _begin(run, [steps[place] for place in places])
        for place in places:
            made[place] = tracks.get(_target(steps[place]))
    return made


_Target = tuple[int, int | None, int]


def _target(step: StepRun) -> _Target:
    return step.group.id, step.member.member_id if step.member else None, step.occurrence


def _begin(run: Run, steps: Sequence[StepRun]) -> dict[_Target, UUID]:
    facts = {step.group.id: step.group for step in steps}
    targets = [_target(step) for step in steps]
    starts = [
        Start(group_id, member_id, step.now, occurrence)
        for (group_id, member_id, occurrence), step in zip(targets, steps, strict=True)
    ]
    starting.begin(run, versions.compiled(run.version_id), starts, facts)
    rows = Track.objects.filter(run=run, group_id__among=list(facts))
    return {
        target: key
        for key, *rest in rows.values_list("id", "group_id", "member_id", "occurrence")
        if (target := (rest[0], rest[1], rest[2])) in set(targets)
    }


def _by_key(key: str, community_ids: set[int]) -> dict[int | None, Version]:
    """The latest version of the playbook with this key, of each of the communities and (None) everybody's."""
    rows = Version.objects.filter(playbook__key=key, playbook__archived_at=None).select_related("playbook")
    return {
        row.playbook.community_id: row
        for row in rows.order_by("number")
        if row.playbook.community_id is None or row.playbook.community_id in community_ids
    }


def _run_beneath(run_id: int, step_id: str, version: Version) -> Run:
    submission = uuid5(_BENEATH, f"{run_id}:{step_id}:{version.playbook_id}")
    locks.name(f"run:{submission}")
    above = Run.objects.get(pk=run_id)
    run = Run.objects.filter(submission=submission).first()
    if run is None:
        now = clock.now()
        variables = versions.document_of(version).variables
        return Run.objects.create(
            playbook=version.playbook,
            version=version,
            community_ids=above.community_ids,
            selection=above.selection,
            grows=False,
            values={name: value for name, value in above.values.items() if name in variables},
            by_trigger=False,
            begins_at=above.begins_at,
            looked_at=now,
            created_by=above.created_by,
            created_by_name=above.created_by_name,
            created_at=now,
            submission=submission,
        )
    if run.state == RunState.ENDED and above.state == RunState.RUNNING:
        run.state, run.ended_at = RunState.RUNNING, None
        run.save(update_fields=["state", "ended_at"])
    return run
