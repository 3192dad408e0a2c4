"""All targets begin with the run."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import TriggerConfig


class Manual(Trigger):
    """The engine sees to it: day 0 is the run's own beginning; a group that joins later begins when it joins."""

    title = gettext_noop("When somebody starts it")
    icon = "hand-click"
    Config = TriggerConfig
    with_run = True

    def sentence(self, config: TriggerConfig, language: str) -> str:
        """That a person starts it."""
        del config, language
        return _("When somebody starts it")
