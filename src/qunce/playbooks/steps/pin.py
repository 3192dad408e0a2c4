"""The message of an earlier step is kept at the top of the group."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.chat import selectors as chats
from qunce.chat.selectors import Fate
from qunce.chat.types import Content, Pin
from qunce.playbooks.actions.sending import STILL_FRESH, Saying, say
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import StepConfig
from qunce.playbooks.types import Done, Failed, Outcome, StepRun, WaitUntil

SOON = timedelta(minutes=1)
NO_MESSAGE = gettext_noop("There is no message of that step in the group.")
CANNOT = gettext_noop("Its platform cannot pin messages.")


class PinConfig(StepConfig):
    """Which message."""

    message: str = Field(
        min_length=1,
        max_length=40,
        title=gettext_noop("The step whose message is pinned"),
        json_schema_extra={"asks": "steps"},
    )
    unpin: bool = Field(default=False, title=gettext_noop("Take it from the top instead"))


class PinMessage(Step):
    """Waits until the message is there."""

    title = gettext_noop("Pin a message")
    icon = "pin"
    Config = PinConfig
    operations = (Pin,)

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """An operation each, by the platform's id of the message."""
        keys = {each.key: str(each.data.get(each.config.message, {}).get("delivery", "")) for each in steps}
        fates = chats.fates([key for key in keys.values() if key])
        outcomes: dict[str, Outcome] = {}
        sayings = []
        for each in steps:
            outcome, external_id = _message(each, fates.get(keys[each.key]))
            if outcome is not None:
                outcomes[each.key] = outcome
                continue
            words = _("Takes a message from the top") if each.config.unpin else _("Pins a message")
            operation = Pin(each.group.external_id, external_id, on=not each.config.unpin)
            sayings.append(Saying(each, Content.of(words), operation=operation))
        obstacles = say(sayings=sayings)
        for saying in sayings:
            why = obstacles.get(saying.key)
            outcomes[saying.step.key] = Failed(why) if why else Done()
        return [outcomes[each.key] for each in steps]

    def summary(self, config: PinConfig, language: str) -> str:
        """Which message."""
        del language
        if config.unpin:
            return _("Takes the message of “%(step)s” from the top") % {"step": config.message}
        return _("Pins the message of “%(step)s”") % {"step": config.message}


def _message(step: StepRun, fate: Fate | None) -> tuple[Outcome | None, str]:
    """The platform's id of the message, or what is to be done without it."""
    if not chats.performs(step.group.platform, Pin):
        return Done(skipped=CANNOT), ""
    if fate is None or fate.is_lost:
        return Done(skipped=NO_MESSAGE), ""
    if not fate.external_id:
        if step.now - step.due_at > STILL_FRESH:
            return Done(skipped=NO_MESSAGE), ""
        return WaitUntil(step.now + SOON), ""
    return None, fate.external_id
