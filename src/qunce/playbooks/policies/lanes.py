"""Where the steps of a playbook stand on days and hours, if it began at a given moment and nobody were late."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from qunce.playbooks.policies.moments import moment
from qunce.playbooks.types import Document, StepSpec

Lasting = Callable[[StepSpec, str], timedelta]
"""How long a step waits before it goes on along a path."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A step, the moment at which it comes, and the day of the run: 0 is the one it begins on."""

    step: StepSpec
    at: datetime
    day: int


@dataclass(frozen=True, slots=True)
class Lane:
    """The steps of one path, in order; the first lane is the playbook's own, without ``of`` and ``path``."""

    of: str
    path: str
    depth: int
    cards: list[Placed] = field(default_factory=list)


def _at_once(_step: StepSpec, _path: str) -> timedelta:
    return timedelta()


def lanes(document: Document, began_at: datetime, zone: ZoneInfo, lasting: Lasting = _at_once) -> Sequence[Lane]:
    """Every path as a lane, each beneath the one it leaves."""
    found: list[Lane] = []
    first = began_at.astimezone(zone).date()

    def walk(lane: Lane, steps: Sequence[StepSpec], previous: datetime) -> datetime:
        found.append(lane)
        for step in steps:
            at = max(moment(step.when, began_at, previous, zone), previous).astimezone(zone)
            lane.cards.append(Placed(step, at, (at.date() - first).days))
            previous = at + lasting(step, "")
            ends = [
                walk(Lane(step.id, name, lane.depth + 1), path, at + lasting(step, name))
                for name, path in step.paths.items()
            ]
            previous = max([previous, *ends])
        return previous

    walk(Lane("", "", 0), document.steps, began_at)
    return found


def moments(
    document: Document, began_at: datetime, zone: ZoneInfo, lasting: Lasting = _at_once
) -> dict[str, datetime]:
    """The moment of each step."""
    return {card.step.id: card.at for lane in lanes(document, began_at, zone, lasting) for card in lane.cards}
