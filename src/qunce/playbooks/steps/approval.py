"""The yes or no of a person before the playbook goes on."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.kernel.actor import SYSTEM, Permission
from qunce.kernel.variables import BadTextError
from qunce.playbooks.actions.sending import BAD_TEXT, Writer
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import Duration, StepConfig, Text, quoted
from qunce.playbooks.types import Branch, Failed, Outcome, StepRun, WaitFor
from qunce.team import actions as team

KIND = "playbook"
QUESTION = gettext_noop("For the group “%(group)s”: %(question)s")
A_LITTLE_LATER = timedelta(minutes=5)


class ApprovalConfig(StepConfig):
    """What is asked, and of whom."""

    question: Text = Field(title=gettext_noop("What needs a yes"))
    who: Literal["operate", "lead", "administer"] = Field(
        default="lead",
        title=gettext_noop("Who decides"),
        json_schema_extra={
            "choices": {
                "operate": gettext_noop("an operator"),
                "lead": gettext_noop("a lead"),
                "administer": gettext_noop("an owner"),
            }
        },
    )
    within: Duration = Field(
        default=timedelta(days=2), title=gettext_noop("Within"), description=gettext_noop("After that it is a no.")
    )


class Approval(Step):
    """Nobody's answer in time is a no."""

    title = gettext_noop("Ask for approval")
    icon = "thumb-up"
    Config = ApprovalConfig
    paths = ("approved", "declined")

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """A question each; later, the decision."""
        writer = Writer([each for each in steps if each.woken is None and not each.timed_out])
        return [self._one(writer, each) for each in steps]

    def _one(self, writer: Writer, step: StepRun) -> Outcome:
        if step.woken is not None:
            return Branch("approved" if step.woken.get("approved") else "declined")
        if step.timed_out:
            return Branch("declined")
        try:
            question = writer.text(step, step.config.question)
        except BadTextError:
            return Failed(BAD_TEXT)
        team.ask_approval(
            actor=SYSTEM,
            key=step.key,
            kind=KIND,
            sentence=QUESTION,
            permission=Permission(step.config.who),
            community_id=step.group.community_id,
            params={"group": step.group.name, "question": " ".join(question.split())},
            payload={"run": step.run_id},
            life=step.config.within,
        )
        return WaitFor(f"approval:{step.key}", step.now + step.config.within + A_LITTLE_LATER)

    def lasts(self, config: ApprovalConfig) -> timedelta:
        """As its settings say."""
        return config.within

    def person(self, config: ApprovalConfig) -> str:
        """Anybody who may decide."""
        del config
        return ""

    def summary(self, config: ApprovalConfig, language: str) -> str:
        """What is asked."""
        return _("Asks for a yes: “%(text)s”") % {"text": quoted(config.question, language)}

    def minutes(self, config: ApprovalConfig) -> int:
        """To read and to decide."""
        del config
        return 2
