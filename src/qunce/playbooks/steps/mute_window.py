"""For a while nobody but administrators speaks, so that one can be listened to."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.chat import selectors as chats
from qunce.chat.types import Content, MuteAll
from qunce.playbooks.actions.sending import Saying, say
from qunce.playbooks.selectors.wording import lasting
from qunce.playbooks.step import Step
from qunce.playbooks.steps._fields import Duration, StepConfig
from qunce.playbooks.types import Audience, Done, Failed, Outcome, StepRun, WaitUntil

CANNOT = gettext_noop("Its platform cannot mute everybody.")
ON, OFF = "on", "off"


class MuteWindowConfig(StepConfig):
    """How long."""

    lasts: Duration = Field(default=timedelta(hours=1), alias="for", title=gettext_noop("How long"))


class MuteWindow(Step):
    """Both operations are planned together: whatever becomes of the playbook, everybody may speak again in time."""

    title = gettext_noop("Mute everybody for a while")
    icon = "volume-off"
    Config = MuteWindowConfig
    operations = (MuteAll,)
    audiences = frozenset({Audience.GROUP})

    def run(self, steps: Sequence[StepRun]) -> Sequence[Outcome]:
        """Done when the time is over."""
        begins = [each for each in steps if not each.timed_out and chats.performs(each.group.platform, MuteAll)]
        obstacles = say(sayings=[saying for each in begins for saying in _both(each)])
        outcomes: dict[str, Outcome] = {}
        for each in begins:
            why = obstacles.get(f"{each.key}:{ON}")
            outcomes[each.key] = Failed(why) if why else WaitUntil(each.now + each.config.lasts)
        return [outcomes.get(each.key, Done() if each.timed_out else Done(skipped=CANNOT)) for each in steps]

    def lasts(self, config: MuteWindowConfig) -> timedelta:
        """As its settings say."""
        return config.lasts

    def summary(self, config: MuteWindowConfig, language: str) -> str:
        """How long."""
        del language
        return _("Nobody speaks for %(time)s") % {"time": lasting(config.lasts)}


def _both(step: StepRun) -> list[Saying]:
    room, lasts = step.group.external_id, step.config.lasts
    on, off = MuteAll(room, on=True), MuteAll(room, on=False)
    return [
        Saying(step, Content.of(_("Everybody is muted")), ON, on, lasts=lasts),
        Saying(step, Content.of(_("Everybody may speak again")), OFF, off, wait=lasts, lasts=timedelta(days=30)),
    ]
