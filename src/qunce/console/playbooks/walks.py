"""The playbooks that a group or a member walks through, as their pages show them; and what of runs needs a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise

from qunce.console.playbooks import words
from qunce.console.playbooks.grid import name_of
from qunce.console.playbooks.runs import ALIVE
from qunce.kernel.actor import Actor
from qunce.playbooks import selectors
from qunce.playbooks.policies import editing
from qunce.playbooks.selectors import Run, Track

MOST = 12


@dataclass(frozen=True, slots=True)
class Walk:
    """One track on the page of its target."""

    track_id: UUID
    title: str
    tone: str
    word: str | Promise
    step: str
    next_at: datetime | None


def walks(tracks: Iterable[Track]) -> list[Walk]:
    """Tracks in words."""
    found = []
    for track in tracks:
        document = selectors.document_of(track.version)
        tone, word = words.TRACKS[track.state]
        step = editing.found(document, track.step) if track.step else None
        title = words.in_language(document.title) or track.run.playbook.key
        found.append(Walk(track.pk, title, tone, word, name_of(step) if step else "", track.next_at))
    return found


def of_group(actor: Actor, group_id: int) -> list[Walk]:
    """Those of a group."""
    return walks(selectors.tracks_of_group(actor, group_id, most=MOST))


def of_member(actor: Actor, member_id: int) -> list[Walk]:
    """Those of a member."""
    return walks(selectors.tracks_of_member(actor, member_id, most=MOST))


def in_need(actor: Actor) -> list[tuple[Run, int]]:
    """Living runs of which a step has failed, with how many targets wait for a person."""
    alive = list(selectors.visible_runs(actor).filter(state__in=ALIVE))
    standings = selectors.standings([row.pk for row in alive]) if alive else {}
    return [(row, standings[row.pk].needs_person) for row in alive if standings[row.pk].needs_person]
