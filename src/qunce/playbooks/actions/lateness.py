"""Steps whose time has passed, and of which a person decides: one task for all targets of a step."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from qunce.kernel.actor import SYSTEM
from qunce.playbooks.models import Run
from qunce.playbooks.selectors.engine import LATE
from qunce.playbooks.selectors.playbooks import compiled
from qunce.playbooks.types import said
from qunce.team import actions as team
from qunce.team import selectors as staff
from qunce.team.types import TaskState

KEY = "playbooks:"


def ask_whether(run: Run, step: str, title: str) -> str:
    """Have a person decide whether a step that is late is still done; returns what its tracks wait for.

    Done: it is carried out. Cancelled: it is left out. The open task of before is used as long as it is open.
    """
    event = f"{LATE}{run.pk}:{step}"
    number = 1
    while staff.states_of_tasks([_key(event, number)]).get(_key(event, number), TaskState.OPEN) != TaskState.OPEN:
        number += 1
    with override(settings.LANGUAGE_CODE):
        playbook = said(compiled(run.version_id).document.title, settings.LANGUAGE_CODE)
        team.create_task(
            actor=SYSTEM,
            title=_("“%(step)s” of the playbook “%(playbook)s” is late: should it still be done?")
            % {"step": title or step, "playbook": playbook[:80]},
            details=_("Marking this as done lets it happen now; cancelling this leaves it out."),
            community_id=run.community_ids[0] if len(run.community_ids) == 1 else None,
            url=f"/playbooks/runs/{run.pk}/",
            key=_key(event, number),
        )
    return event


def event_of(key: str) -> str:
    """What tracks wait for whose task has this key; "" where it is another kind of task."""
    return key.removeprefix(KEY).rpartition("#")[0] if key.startswith(f"{KEY}{LATE}") else ""


def _key(event: str, number: int) -> str:
    return f"{KEY}{event}#{number}"
