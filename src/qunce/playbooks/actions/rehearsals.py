"""Rehearsals that people ask for: kept, carried out in a process of their own, and looked at as long as one likes."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app

from qunce.chat.types import Selection, to_json
from qunce.kernel import audit, clock, live
from qunce.kernel.actor import Actor
from qunce.kernel.apart import apart
from qunce.kernel.errors import Invalid, QunceError
from qunce.playbooks.actions.rehearsing import MOST_GROUPS, rehearse, require_simulable
from qunce.playbooks.models import KeptRehearsal, Playbook
from qunce.playbooks.selectors import playbooks as reads
from qunce.playbooks.selectors.runs import reachable
from qunce.playbooks.types import Document, said
from qunce.playbooks.types.rehearsal import Simulated
from qunce.team import selectors as team

REHEARSE = "playbooks.rehearse"
MOST_DAYS = 92
BROKE_OFF = gettext_noop("The rehearsal broke off. Try it with fewer groups or days.")


def ask_rehearsal(
    *,
    actor: Actor,
    playbook_id: int,
    selection: Selection | None = None,
    simulated: Simulated | None = None,
    days: int,
    begins_at: datetime | None = None,
    values: Mapping[str, str] | None = None,
) -> KeptRehearsal:
    """Have the draft rehearsed on copies of groups that the actor operates; a worker does it, nothing is sent.

    ``simulated``: on groups that do not exist instead of those of a ``selection``.
    """
    row = reads.playbook(actor, playbook_id)
    document = reads.document_of(row)
    reads.require_sound(document)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(_("Between 1 and %(count)d days.") % {"count": MOST_DAYS}, field="days")
    found = _chosen(actor, row, selection) if simulated is None else []
    if simulated is not None:
        require_simulable(actor, simulated)
    with transaction.atomic():
        made = KeptRehearsal.objects.create(
            playbook=row,
            document=row.document,
            group_ids=found,
            selection=to_json(selection or Selection()),
            simulated=asdict(simulated) if simulated else None,
            days=days,
            begins_at=begins_at,
            values=dict(values or {}),
            asked_by=actor.id,
            asked_by_name=actor.name,
            created_at=clock.now(),
        )
        audit.record(
            actor,
            "playbook.rehearsed",
            gettext_noop("%(actor)s let the playbook “%(title)s” be rehearsed (groups: %(count)s)."),
            community_id=row.community_id,
            about=("playbook", row.pk),
            title=said(row.document.get("title") or {}, "") or row.key,
            count=simulated.groups if simulated else len(found),
        )
        transaction.on_commit(lambda: app.configure_task(REHEARSE).defer(rehearsal_id=made.pk) and None)
    return made


def _chosen(actor: Actor, row: Playbook, selection: Selection | None) -> list[int]:
    found = sorted(reachable(actor, row, selection)) if selection else []
    if not found:
        raise Invalid(_("Choose at least one group that you operate."), field="whom")
    if len(found) > MOST_GROUPS:
        raise Invalid(_("At most %(count)d groups.") % {"count": MOST_GROUPS}, field="whom")
    return found


def carry_out_rehearsal(*, rehearsal_id: int) -> None:
    """Do it, once, and keep what it has shown."""
    begun = KeptRehearsal.objects.filter(pk=rehearsal_id, state="waiting").update(state="running")
    if not begun:
        return
    live.touch(f"rehearsal:{rehearsal_id}")
    try:
        outcome = apart("qunce.playbooks.actions.rehearsals:rehearse_kept", rehearsal_id)
    except Exception:
        keep_outcome(rehearsal_id=rehearsal_id, outcome={"error": BROKE_OFF})
        raise
    keep_outcome(rehearsal_id=rehearsal_id, outcome=outcome)


def keep_outcome(*, rehearsal_id: int, outcome: Mapping[str, Any]) -> None:
    """Write down what came of it."""
    KeptRehearsal.objects.filter(pk=rehearsal_id).update(
        state="failed" if "error" in outcome else "done",
        result=outcome.get("result"),
        error=outcome.get("error", ""),
        ended_at=clock.now(),
    )
    live.touch(f"rehearsal:{rehearsal_id}")


def rehearse_kept(rehearsal_id: int) -> dict[str, Any]:
    """In a process of its own: what it shows, or why it could not be done."""
    row = KeptRehearsal.objects.get(pk=rehearsal_id)
    try:
        shown = rehearse(
            actor=team.actor_by_id(row.asked_by or 0),
            document=Document.model_validate(row.document),
            group_ids=row.group_ids,
            simulated=Simulated(**row.simulated) if row.simulated else None,
            days=row.days,
            began_at=row.begins_at,
            values=row.values,
        )
    except QunceError as error:
        return {"error": str(error)}
    return {"result": shown.to_json()}
