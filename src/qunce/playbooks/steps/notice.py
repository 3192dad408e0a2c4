"""What stands at the top of the group: its notice."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.chat import actions as chat
from qunce.chat.types import Content
from qunce.kernel.variables import BadTextError
from qunce.playbooks.actions.sending import BAD_TEXT, Writer
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import StepConfig, Text, quoted
from qunce.playbooks.types import Audience, Done, Failed, Outcome, StepRun


class NoticeConfig(StepConfig):
    """The notice."""

    text: Text = Field(
        title=gettext_noop("Notice"),
        description=gettext_noop("Stays until the community's notice is set again, or another step sets one."),
    )


class SetGroupNotice(Step):
    """By the way of all notices: by an account where the platform can, else as a task for a person."""

    title = gettext_noop("Set the group's notice")
    icon = "clipboard-text"
    Config = NoticeConfig
    audiences = frozenset({Audience.GROUP})

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """What a group shows already is not set again."""
        writer = Writer(steps)
        texts: dict[int, str] = {}
        outcomes: list[Outcome] = []
        for each in steps:
            try:
                texts[each.group.id] = writer.text(each, each.config.text)
                outcomes.append(Done())
            except BadTextError:
                outcomes.append(Failed(BAD_TEXT))
        chat.set_notices(texts=texts)
        return outcomes

    def summary(self, config: NoticeConfig, language: str) -> str:
        """The notice, as it begins."""
        return _("Sets the notice: “%(text)s”") % {"text": quoted(config.text, language)}

    def preview(self, step: StepRun) -> Content | None:
        """The notice's text."""
        return Writer([step]).content(step, step.config.text)
