"""Another playbook begins for the same target: beside this one, within it, or in its place."""

from collections.abc import Sequence
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, model_validator

from qunce.kernel.validation import BadFieldError
from qunce.playbooks.actions.beneath import begin_beneath
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import StepConfig
from qunce.playbooks.types import Done, End, Outcome, StepRun, WaitFor

NOTHING_BEGAN = gettext_noop("That playbook was never published for this community, or has begun here before.")


class StartPlaybookConfig(StepConfig):
    """Which one, and what becomes of this one."""

    playbook: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{1,59}$", title=gettext_noop("Playbook"), json_schema_extra={"asks": "playbooks"}
    )
    and_wait: bool = Field(default=False, title=gettext_noop("Go on when it is over"))
    hand_over: bool = Field(default=False, title=gettext_noop("This playbook ends here"))

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.and_wait and self.hand_over:
            raise BadFieldError(gettext_noop("Who hands over does not wait: choose one of the two."))
        return self


class StartPlaybook(Step):
    """The latest version that was published; the group's community comes before everybody's."""

    title = gettext_noop("Begin another playbook")
    icon = "player-play"
    Config = StartPlaybookConfig

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """A track each in the other playbook."""
        first = [each for each in steps if each.woken is None and not each.timed_out]
        tracks = begin_beneath(key=first[0].config.playbook, steps=first) if first else []
        begun = {each.key: track for each, track in zip(first, tracks, strict=True)}
        outcomes: list[Outcome] = []
        for each in steps:
            track = begun.get(each.key)
            if each not in first:
                outcomes.append(Done({"state": (each.woken or {}).get("state", "")}))
            elif track is None:
                outcomes.append(Done(skipped=NOTHING_BEGAN))
            elif each.config.hand_over:
                outcomes.append(End(data={"track": str(track)}))
            elif each.config.and_wait:
                outcomes.append(WaitFor(f"track:{track}", None, {"track": str(track)}))
            else:
                outcomes.append(Done({"track": str(track)}))
        return outcomes

    def ends(self, config: StartPlaybookConfig) -> bool:
        """Where it hands over."""
        return config.hand_over

    def summary(self, config: StartPlaybookConfig, language: str) -> str:
        """Which one, and how."""
        del language
        if config.hand_over:
            return _("Hands over to the playbook “%(key)s”") % {"key": config.playbook}
        if config.and_wait:
            return _("Begins the playbook “%(key)s” and waits for its end") % {"key": config.playbook}
        return _("Begins the playbook “%(key)s”") % {"key": config.playbook}
