"""Every change of runs: putting a version to work on groups, pausing, going on, stopping."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat.types import Selection, to_json
from qunce.kernel import audit, clock, live, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.playbooks.actions.engine import RUN_STOPPED
from qunce.playbooks.actions.starting import SCOPE
from qunce.playbooks.actions.stopping import stop_where
from qunce.playbooks.actions.waking import soon
from qunce.playbooks.models import Playbook, Run, Version
from qunce.playbooks.selectors import playbooks as versions
from qunce.playbooks.selectors import runs as reads
from qunce.playbooks.types import Document, RunState, said

FARTHEST = timedelta(days=3660)
_BEFORE = timedelta(microseconds=1)


def begin_run(
    *,
    actor: Actor,
    playbook_id: int,
    selection: Selection,
    submission: UUID,
    begins_at: datetime | None = None,
    values: Mapping[str, str] | None = None,
    grows: bool = True,
    number: int | None = None,
) -> Run:
    """Put a version (None: the latest) to work on the groups of a selection that the actor operates.

    ``begins_at``: day 0 of what begins with the run; None: now. ``values``: of the playbook's variables. ``grows``:
    groups that fit the selection later join; else it stays with those of today. ``submission``: the form's own id;
    what comes a second time under it returns the first. Raises Invalid where something is missing.
    """
    with transaction.atomic():
        locks.name(f"run:{submission}")
        if earlier := Run.objects.filter(submission=submission).first():
            if earlier.created_by != actor.id:
                raise Conflict(_("This form was sent by somebody else."), fix=_("Open a new one."))
            return earlier
        row = versions.playbook(actor, playbook_id)
        if row.archived_at is not None:
            raise Conflict(_("This playbook is archived."), fix=_("Restore it first."))
        version = _published(actor, row, number)
        document = versions.document_of(version)
        versions.require_sound(document)
        versions.require_parts(document)
        reached = reads.reachable(actor, row, selection)
        if not reached:
            raise Invalid(_("Choose at least one group that you operate."), field="selection")
        now = clock.now()
        begins_at = begins_at or now
        if begins_at > now + FARTHEST:
            raise Invalid(_("This is too far away."), field="begins_at")
        run = Run.objects.create(
            playbook=row,
            version=version,
            community_ids=sorted(set(reached.values())),
            selection=to_json(selection if grows else replace(Selection(), group_ids=tuple(sorted(reached)))),
            grows=grows,
            values=_filled(document, values or {}),
            begins_at=begins_at,
            looked_at=begins_at - _BEFORE,
            created_by=actor.id,
            created_by_name=actor.name,
            created_at=now,
            submission=submission,
        )
        note(
            actor,
            run,
            "run.begun",
            gettext_noop("%(actor)s put the playbook “%(title)s” to work (groups: %(count)s)."),
            count=len(reached),
        )
        soon()
    return run


def pause_run(*, actor: Actor, run_id: int, reason: str = "") -> None:
    """Nothing of a run moves until it is resumed, and nobody begins."""
    with transaction.atomic():
        run = _locked(actor, run_id)
        if run.state != RunState.RUNNING:
            raise Conflict(_("This run is not running."))
        run.state, run.reason = RunState.PAUSED, reason.strip()
        run.save(update_fields=["state", "reason"])
        note(actor, run, "run.paused", gettext_noop("%(actor)s paused the playbook “%(title)s”."))


def resume_run(*, actor: Actor, run_id: int) -> None:
    """Go on with a paused run: who came meanwhile begins, and what is late by now goes by its rule."""
    with transaction.atomic():
        run = _locked(actor, run_id)
        if run.state != RunState.PAUSED:
            raise Conflict(_("This run is not paused."))
        run.state, run.reason = RunState.RUNNING, ""
        run.save(update_fields=["state", "reason"])
        note(actor, run, "run.resumed", gettext_noop("%(actor)s let the playbook “%(title)s” go on."))
        soon()


def stop_run(*, actor: Actor, run_id: int, reason: str = "") -> int:
    """End a run for good: what was sent stays, nothing more happens. Returns how many targets had not finished."""
    with transaction.atomic():
        run = _locked(actor, run_id)
        if run.state == RunState.ENDED:
            raise Conflict(_("This run has ended already."))
        run.state, run.reason, run.ended_at = RunState.ENDED, reason.strip(), clock.now()
        run.save(update_fields=["state", "reason", "ended_at"])
        stopped = stop_where("run_id = %s", [run_id], reason=reason.strip() or RUN_STOPPED)
        note(
            actor,
            run,
            "run.stopped",
            gettext_noop("%(actor)s stopped the playbook “%(title)s” (targets not finished: %(count)s)."),
            count=stopped,
        )
    return stopped


# ------------------------------------------------------------------ within
def _published(actor: Actor, row: Playbook, number: int | None) -> Version:
    try:
        return versions.version(actor, row.pk, number)
    except NotFound:
        raise Conflict(_("This playbook was never published."), fix=_("Publish it first.")) from None


def _filled(document: Document, values: Mapping[str, str]) -> dict[str, str]:
    """The values that were given; Invalid where one is missing, or is of no variable."""
    given = {name: value.strip() for name, value in values.items() if value.strip()}
    for name in given:
        if name not in document.variables:
            raise Invalid(_("There is no variable {%(name)s}.") % {"name": name}, field=f"values.{name}")
    for name, variable in document.variables.items():
        if variable.required and name not in given and not any(variable.default.values()):
            raise Invalid(_("Fill in {%(name)s}.") % {"name": name}, field=f"values.{name}")
    return given


def _locked(actor: Actor, run_id: int) -> Run:
    reads.run(actor, run_id, Permission.OPERATE)
    return locks.row(Run, run_id)


def note(actor: Actor, run: Run, action: str, sentence: str, **params: audit.Param) -> None:
    """What every change of a run ends with: the record, and that caches and open pages are old."""
    audit.record(
        actor,
        action,
        sentence,
        community_id=run.community_ids[0] if len(run.community_ids) == 1 else None,
        about=("run", run.pk),
        title=said(run.version.document.get("title") or {}, "") or run.playbook.key,
        **params,
    )
    revisions.bump(SCOPE)
    live.touch("playbooks", "today", f"run:{run.pk}")
