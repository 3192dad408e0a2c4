"""One way for those of whom something holds, another for the others."""

from collections.abc import Sequence
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, model_validator

from qunce.kernel.validation import BadFieldError
from qunce.kernel.words import listed
from qunce.playbooks.step import Step
from qunce.playbooks.steps._conditions import Conditions, holding, sentences_of
from qunce.playbooks.steps._fields import StepConfig
from qunce.playbooks.types import Branch, Outcome, StepRun


class BranchConfig(StepConfig):
    """What is asked of the target."""

    if_: Conditions = Field(
        default=(),
        alias="if",
        title=gettext_noop("If"),
    )
    unless: Conditions = Field(default=(), title=gettext_noop("Unless"))
    one_is_enough: bool = Field(default=False, title=gettext_noop("One of them is enough"))

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.if_ and not self.unless:
            raise BadFieldError(gettext_noop("Name a condition."))
        return self


class GoOneWay(Step):
    """Decided when its time has come."""

    title = gettext_noop("Branch")
    icon = "git-branch"
    Config = BranchConfig
    paths = ("then", "else")

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """One statement per condition, however many targets there are."""
        config: BranchConfig = steps[0].config
        everybody = {each.key for each in steps}
        asked = holding(config.if_, steps) + [everybody - those for those in holding(config.unless, steps)]
        holds = set.union(*asked) if config.one_is_enough else set.intersection(*asked)
        return [Branch("then" if each.key in holds else "else") for each in steps]

    def summary(self, config: BranchConfig, language: str) -> str:
        """The conditions."""
        del language
        asked = [
            *sentences_of(config.if_),
            *(_("not: %(what)s") % {"what": each} for each in sentences_of(config.unless)),
        ]
        if config.one_is_enough:
            return _("If one of these holds: %(what)s") % {"what": listed(asked)}
        return _("If this holds: %(what)s") % {"what": listed(asked)}
