"""A message into the group: text, a file or picture, a mention of the member or of everybody."""

from collections.abc import Sequence
from typing import Literal, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, model_validator

from qunce.chat.types import Content, Media
from qunce.kernel.errors import NotFound
from qunce.kernel.validation import BadFieldError
from qunce.playbooks.actions.sending import NO_FILE, Saying, Writer, attached, not_said, say
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import MaybeText, StepConfig, quoted
from qunce.playbooks.types import Done, Outcome, StepRun


class SendConfig(StepConfig):
    """What is said."""

    text: MaybeText = Field(default_factory=dict, title=gettext_noop("Text"))
    mention: Literal["", "member", "everybody"] = Field(
        default="",
        title=gettext_noop("Who is mentioned"),
        json_schema_extra={
            "choices": {
                "": gettext_noop("nobody"),
                "member": gettext_noop("the member whom the playbook follows"),
                "everybody": gettext_noop("everybody in the group"),
            }
        },
    )
    file: str = Field(
        default="",
        pattern="^([0-9a-f]{64})?$",
        title=gettext_noop("File or picture"),
        description=gettext_noop("One that is stored here."),
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.file and not any(text.strip() for text in self.text.values()):
            raise BadFieldError(gettext_noop("Write the text, or choose a file."))
        return self


class Send(Step):
    """Done when it is planned; the ledger sees to its leaving."""

    title = gettext_noop("Send a message")
    icon = "send"
    Config = SendConfig
    speaks = True

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """One delivery each, once per step."""
        writer = Writer(steps)
        media = {name: _stored(name) for each in steps if (name := each.config.file)}
        able = [each for each in steps if media.get(each.config.file) or not each.config.file]
        sayings = {each.key: Saying(each, _content(writer, each, media.get(each.config.file))) for each in able}
        obstacles = say(sayings=list(sayings.values()))
        return [
            not_said(NO_FILE if each.key not in sayings else obstacles[each.key])
            if each.key not in sayings or each.key in obstacles
            else Done({"delivery": each.key})
            for each in steps
        ]

    def summary(self, config: SendConfig, language: str) -> str:
        """What is said, as it begins."""
        if not config.text:
            return _("Sends a file")
        return _("Says “%(text)s”") % {"text": quoted(config.text, language)}

    def preview(self, step: StepRun) -> Content | None:
        """The message."""
        return _content(Writer([step]), step, _stored(step.config.file) if step.config.file else None)


def _content(writer: Writer, step: StepRun, media: Media | None) -> Content | None:
    return writer.content(step, step.config.text, mention=step.config.mention, media=media)


def _stored(sha256: str) -> Media | None:
    try:
        return attached(sha256=sha256)
    except NotFound:
        return None
