"""The playbook ends here for this target."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import StepConfig
from qunce.playbooks.types import End, Outcome, StepRun


class Stop(Step):
    """What comes behind is left out."""

    title = gettext_noop("End the playbook here")
    icon = "player-stop"
    Config = StepConfig

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """The end of each."""
        return [End() for _each in steps]

    def ends(self, config: StepConfig) -> bool:
        """Always."""
        del config
        return True

    def summary(self, config: StepConfig, language: str) -> str:
        """That it ends."""
        del config, language
        return _("Ends here")
