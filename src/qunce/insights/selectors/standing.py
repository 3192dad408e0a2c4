"""How one group stood at its last assessment: one row, whatever was said there."""

from dataclasses import dataclass
from datetime import date

from qunce.community import selectors as community
from qunce.insights.models import Condition
from qunce.insights.selectors import health
from qunce.insights.types import Finding, Stage
from qunce.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Standing:
    """Score and stage where they are known, and the strongest finding in the reader's language."""

    day: date | None
    score: float | None
    stage: Stage | None
    strongest: str
    planned: bool


def standing(actor: Actor, group_id: int) -> Standing:
    """Of a group that the actor may see. Three statements."""
    community.group(actor, group_id)
    planned = bool(health.silences([group_id], health.yesterday()))
    known = Condition.objects.filter(pk=group_id).first()
    if known is None:
        return Standing(None, None, None, "", planned)
    in_use = health.signals_in_use()
    said = [Finding(signal, severity, text, values) for signal, severity, text, values in known.findings]
    strongest = next((health.say(finding) for finding in said if finding.signal in in_use), "")
    stage = Stage(known.stage) if known.stage else None
    return Standing(known.day, known.score, stage, strongest, planned)
