"""A group begins to show a signal."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field, field_validator

from qunce.community.types import GroupFacts
from qunce.insights.selectors.turns import began_to_show
from qunce.insights.signal import signals
from qunce.kernel.validation import BadFieldError
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.types import Audience, Start


class SignalConfig(BaseModel):
    """Which one, and from which severity on."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    signal: str = Field(title=gettext_noop("Signal"))
    severity: float = Field(
        default=0.3, gt=0, le=1, title=gettext_noop("From this severity on"), description=gettext_noop("From 0 to 1.")
    )

    @field_validator("signal")
    @classmethod
    def _is_known(cls, key: str) -> str:
        if key not in signals:
            raise BadFieldError(
                gettext_noop("There is no signal “%(key)s”. There are: %(known)s."),
                key=key[:40],
                known=", ".join(sorted(signals)),
            )
        return key


class ShowsSignal(Trigger):
    """With the assessment that finds it and the one before not; groups silent on purpose are left alone."""

    title = gettext_noop("When a group shows a signal")
    icon = "activity-heartbeat"
    Config = SignalConfig
    audiences = frozenset({Audience.GROUP})
    recurs = True

    def sentence(self, config: SignalConfig, language: str) -> str:
        """Which one."""
        del language
        return _("When a group shows: %(signal)s") % {"signal": _(signals[config.signal].title)}

    def starts(
        self, config: SignalConfig, groups: Sequence[GroupFacts], audience: Audience, since: datetime, until: datetime
    ) -> Sequence[Start]:
        """Two statements for all groups."""
        del audience
        shown = began_to_show([each.id for each in groups], config.signal, config.severity, since, until)
        return [Start(each.group_id, None, each.at, each.occurrence, {"severity": each.value}) for each in shown]
