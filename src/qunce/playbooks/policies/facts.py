"""What the checks know of a playbook's kinds and surroundings. Pure; selectors.checks brings it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from qunce.playbooks.types import Finding, StepSpec


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What its kind says of a step. ``broken``: why its settings cannot be read, in the reader's language.

    ``texts``: what members read; ``lasts``: how long it may take; ``cannot``: platforms that cannot do it.
    """

    known: bool = True
    broken: str = ""
    paths: Sequence[str] = ()
    speaks: bool = False
    invites: bool = False
    collects: bool = False
    ends: bool = False
    needs_person: bool = False
    person: str | None = None
    """Who is named to do it, where nobody of this name works there; None: nobody is named, or all is well."""
    wrong_audience: bool = False
    lasts: timedelta = timedelta()
    texts: Sequence[Mapping[str, str]] = ()
    needs: Sequence[str] = ()
    cannot: Sequence[str] = ()
    lacking_conditions: Sequence[str] = ()
    own: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Night:
    """Quiet hours of a community."""

    community: str
    begin: time
    end: time


@dataclass(frozen=True, slots=True)
class Other:
    """A message that something else sends into one of the same groups."""

    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What surrounds the playbook. ``began_at``: a day on which it might begin; ``unstaffed``: communities where
    nobody works; ``languages``: what its groups read.
    """

    began_at: datetime
    zone: ZoneInfo
    steps: Mapping[str, StepFacts]
    trigger_known: bool = True
    trigger_broken: str = ""
    trigger_needs: Sequence[str] = ()
    nights: Sequence[Night] = ()
    daily_cap: int | None = None
    unstaffed: Sequence[str] = ()
    others: Sequence[Other] = ()
    languages: Sequence[str] = ()

    def of(self, step: StepSpec) -> StepFacts:
        """The facts of a step."""
        return self.steps.get(step.id, StepFacts(known=False))
