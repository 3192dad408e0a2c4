"""A colleague has done what another playbook asked for."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community.types import GroupFacts
from qunce.playbooks.selectors import happened
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import LOOK_BACK, OfPlaybookConfig
from qunce.playbooks.types import Audience, Start


class TaskDone(Trigger):
    """Once per task: in the group that the task was about, for the member whom it was about."""

    title = gettext_noop("When a task is done")
    icon = "checkbox"
    Config = OfPlaybookConfig
    recurs = True

    def sentence(self, config: OfPlaybookConfig, language: str) -> str:
        """Which task."""
        del language
        if config.step:
            return _("When the task “%(step)s” of the playbook “%(playbook)s” is done") % config.model_dump()
        return _("When a task of the playbook “%(playbook)s” is done") % config.model_dump()

    def starts(
        self,
        config: OfPlaybookConfig,
        groups: Sequence[GroupFacts],
        audience: Audience,
        since: datetime,
        until: datetime,
    ) -> Sequence[Start]:
        """What was done in time, by whomever; what is late or was cancelled is not done."""
        ids = [each.id for each in groups]
        done = happened.tasks_done(config.playbook, config.step, ids, since - LOOK_BACK, until)
        if audience is Audience.GROUP:
            return [Start(each.group_id, None, each.at, each.number) for each in done]
        return [Start(each.group_id, each.member_id, each.at, each.number) for each in done if each.member_id]
