"""Something that a person of the team must do, until when, with proof where that is wanted."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Invalid
from qunce.kernel.variables import BadTextError
from qunce.playbooks.actions.sending import BAD_TEXT, Writer
from qunce.playbooks.selectors.wording import lasting
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import Duration, MaybeText, StepConfig, Text, quoted
from qunce.playbooks.types import Branch, Done, Failed, Outcome, StepRun, WaitFor
from qunce.team import actions as team
from qunce.team import selectors as staff

LONGEST_TITLE = 200
CANCELLED = gettext_noop("The task was cancelled.")
STARTER = "starter"


class TaskConfig(StepConfig):
    """What is to be done, by whom, until when."""

    task: Text = Field(title=gettext_noop("What is to be done"))
    details: MaybeText = Field(default_factory=dict, title=gettext_noop("Details"))
    within: Duration = Field(default=timedelta(hours=24), title=gettext_noop("Within"))
    whom: str = Field(
        default="",
        max_length=254,
        title=gettext_noop("Who does it"),
        description=gettext_noop(
            "The mail address of a colleague, or “starter” for whoever begins the run; empty: whoever works there."
        ),
    )
    proof: bool = Field(default=False, title=gettext_noop("Proof is wanted"))
    wait: bool = Field(default=True, title=gettext_noop("Go on only when it is done, or late"))
    takes: int = Field(default=5, ge=0, le=480, title=gettext_noop("Minutes that it takes"))


class DoTask(Step):
    """Waits for the task to end; a late one stays open, and reminders go on."""

    title = gettext_noop("Ask a colleague to do something")
    icon = "checkbox"
    Config = TaskConfig
    paths = ("done", "missed")

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """A task each; later, what came of it."""
        writer = Writer([each for each in steps if each.woken is None and not each.timed_out])
        return [self._one(writer, each) for each in steps]

    def _one(self, writer: Writer, step: StepRun) -> Outcome:
        if step.woken is not None:
            return Branch("done") if step.woken.get("done", True) else Done(skipped=CANCELLED)
        if step.timed_out:
            return Branch("missed")
        try:
            title = writer.text(step, step.config.task)
            details = writer.text(step, step.config.details)
        except BadTextError:
            return Failed(BAD_TEXT)
        due = step.now + step.config.within
        made = {
            "actor": SYSTEM,
            "title": " ".join(title.split())[:LONGEST_TITLE],
            "community_id": step.group.community_id,
            "due_at": due,
            "details": details,
            "url": f"/playbooks/tracks/{step.track_id}/",
            "key": step.key,
            "wants_proof": step.config.proof,
        }
        try:
            task = team.create_task(**made, assignee_id=_assignee(step))
        except Invalid:  # who was named works here no more: whoever does may take it
            task = team.create_task(**made)
        return WaitFor(f"task:{step.key}", due, {"task": task.pk}) if step.config.wait else Done({"task": task.pk})

    def lasts(self, config: TaskConfig) -> timedelta:
        """As its settings say."""
        return config.within if config.wait else timedelta()

    def person(self, config: TaskConfig) -> str:
        """Who is named; whoever begins the run is there."""
        return "" if config.whom == STARTER else config.whom

    def summary(self, config: TaskConfig, language: str) -> str:
        """What is to be done, and within which time."""
        return _("A colleague does “%(text)s” within %(time)s") % {
            "text": quoted(config.task, language),
            "time": lasting(config.within),
        }

    def minutes(self, config: TaskConfig) -> int:
        """As the playbook says."""
        return config.takes


def _assignee(step: StepRun) -> int | None:
    if step.config.whom == STARTER:
        return step.asked_by
    found = staff.by_email(step.config.whom) if step.config.whom else None
    return found.pk if found else None
