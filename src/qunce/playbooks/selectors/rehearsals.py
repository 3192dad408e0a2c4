"""Rehearsals that were asked for."""

from qunce.chat.types import Selection, from_json
from qunce.kernel.actor import Actor
from qunce.kernel.errors import NotFound
from qunce.playbooks.models import KeptRehearsal
from qunce.playbooks.selectors.playbooks import playbook
from qunce.playbooks.types.rehearsal import Rehearsal


def rehearsals_of(actor: Actor, playbook_id: int, *, most: int = 8) -> list[KeptRehearsal]:
    """The latest of a playbook, of those that the actor asked for."""
    row = playbook(actor, playbook_id)
    return list(KeptRehearsal.objects.filter(playbook=row, asked_by=actor.id).order_by("-pk")[:most])


def kept_rehearsal(actor: Actor, rehearsal_id: int) -> KeptRehearsal:
    """One of one's own: its groups are those that this person operates. NotFound otherwise."""
    found = KeptRehearsal.objects.filter(pk=rehearsal_id, asked_by=actor.id).select_related("playbook").first()
    if found is None or actor.id is None:
        raise NotFound
    playbook(actor, found.playbook_id)
    return found


def shown(row: KeptRehearsal) -> Rehearsal | None:
    """What it has shown; None while it is not done."""
    return Rehearsal.from_json(row.result) if row.result else None


def selected(row: KeptRehearsal) -> Selection:
    """How its groups were chosen."""
    return from_json(Selection, row.selection)
