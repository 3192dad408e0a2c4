"""A poll in the group; where its platform has none, its answers stand as lines."""

from collections.abc import Sequence

from django.utils.translation import gettext_noop, ngettext
from pydantic import Field

from qunce.chat.types import Content, Poll
from qunce.kernel.variables import BadTextError
from qunce.playbooks.actions.sending import Saying, Writer, not_said, say
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import StepConfig, Text, quoted
from qunce.playbooks.types import Done, Outcome, StepRun


class PollConfig(StepConfig):
    """A question and what one can choose."""

    question: Text = Field(title=gettext_noop("Question"))
    options: tuple[Text, ...] = Field(min_length=2, max_length=10, title=gettext_noop("Answers to choose from"))
    several: bool = Field(default=False, title=gettext_noop("More than one may be chosen"))


class AskByPoll(Step):
    """Done when it is planned."""

    title = gettext_noop("Hold a poll")
    icon = "chart-bar"
    Config = PollConfig
    speaks = invites = True

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """One delivery each."""
        writer = Writer(steps)
        obstacles = say(sayings=[Saying(each, _poll(writer, each)) for each in steps])
        return [
            not_said(obstacles[each.key]) if each.key in obstacles else Done({"delivery": each.key}) for each in steps
        ]

    def summary(self, config: PollConfig, language: str) -> str:
        """The question, and how many answers there are."""
        count = len(config.options)
        sentence = ngettext(
            "Polls “%(text)s” with %(count)d answer", "Polls “%(text)s” with %(count)d answers", count
        )
        return sentence % {"text": quoted(config.question, language), "count": count}

    def preview(self, step: StepRun) -> Content | None:
        """The poll."""
        return _poll(Writer([step]), step)


def _poll(writer: Writer, step: StepRun) -> Content | None:
    try:
        options = tuple(writer.text(step, each) for each in step.config.options)
        return Content((Poll(writer.text(step, step.config.question), options, step.config.several),))
    except BadTextError:
        return None
