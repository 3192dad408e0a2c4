"""When the steps of a playbook would come if it began at a moment and everybody took their time. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from qunce.playbooks.policies.moments import moment
from qunce.playbooks.types import Document, StepSpec

NO_TIME = timedelta()


@dataclass(frozen=True, slots=True)
class Planned:
    """A step at its time; ``path``: the outcomes that lead to it, empty on the main way."""

    step: StepSpec
    at: datetime
    path: tuple[str, ...] = ()

    def day(self, zone: ZoneInfo) -> date:
        """The day in a zone."""
        return self.at.astimezone(zone).date()


def timeline(
    document: Document, began_at: datetime, zone: ZoneInfo, lasts: Mapping[str, timedelta] | None = None
) -> list[Planned]:
    """Every step with its time, those of all paths too. ``lasts``: how long a step takes at the longest, by id."""
    lengths = lasts or {}
    found: list[Planned] = []

    def follow(steps: tuple[StepSpec, ...], previous: datetime, path: tuple[str, ...]) -> datetime:
        for step in steps:
            at = moment(step.when, began_at, previous, zone)
            found.append(Planned(step, at, path))
            through = at + lengths.get(step.id, NO_TIME)
            ends = [follow(below, through, (*path, f"{step.id}.{name}")) for name, below in step.paths.items()]
            previous = max([through, *ends])
        return previous

    follow(document.steps, began_at, ())
    return found
