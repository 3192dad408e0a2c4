"""Steps that have failed for good: whoever operates the groups, and whoever began the run, should know."""

from django.conf import settings
from django.utils.translation import gettext_noop

from qunce.playbooks.models import Run
from qunce.playbooks.selectors.engine import failed_steps
from qunce.playbooks.selectors.playbooks import compiled
from qunce.playbooks.types import said
from qunce.team import actions as team
from qunce.team.types import Severity, Topic

PREFIX = "playbooks:"
FAILED = gettext_noop(
    "The step “%(step)s” of the playbook “%(title)s” has failed and waits for a person (targets: %(count)s)."
)


def watch() -> int:
    """Raise an alert for each step of each run that has failed for good; returns how many there are.

    It says for how many targets, leads to their board, and ends when all were done again, left out or stopped.
    """
    seen = {_raise(run, step, count) for run, step, count in failed_steps()}
    team.resolve_alerts(prefix=PREFIX, but=seen)
    return len(seen)


def _raise(run: Run, step: str, count: int) -> str:
    key, url = f"{PREFIX}{run.pk}:{step}", f"/playbooks/runs/{run.pk}/?state=failed&at={step}"
    document = compiled(run.version_id).document
    spec = next((each for each in document.walk() if each.id == step), None)
    alert = team.raise_alert(
        key=key,
        severity=Severity.BROKEN,
        sentence=FAILED,
        params={
            "step": said(spec.title, settings.LANGUAGE_CODE) if spec and spec.title else step,
            "title": said(document.title, settings.LANGUAGE_CODE)[:80],
            "count": count,
        },
        url=url,
        community_id=run.community_ids[0] if len(run.community_ids) == 1 else None,
        steady=True,
    )
    if run.created_by is not None:
        team.tell(
            staff_ids=[run.created_by],
            topic=Topic.ALERTS,
            key=f"alert:{alert.pk}",
            sentence=alert.sentence,
            url=url,
            params=alert.params,
        )
    return key
