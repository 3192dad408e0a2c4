"""A group's health falls below a bound."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field

from qunce.community.types import GroupFacts
from qunce.insights.selectors.turns import fell_below
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.types import Audience, Start


class HealthBelowConfig(BaseModel):
    """Below which score."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    score: int = Field(default=50, ge=1, le=100, title=gettext_noop("Health below"))


class HealthBelow(Trigger):
    """With the assessment that finds it below and the one before not; groups silent on purpose are left alone."""

    title = gettext_noop("When a group’s health falls")
    icon = "heartbeat"
    Config = HealthBelowConfig
    audiences = frozenset({Audience.GROUP})
    recurs = True

    def sentence(self, config: HealthBelowConfig, language: str) -> str:
        """Below which score."""
        del language
        return _("When a group’s health falls below %(score)d") % {"score": config.score}

    def starts(
        self,
        config: HealthBelowConfig,
        groups: Sequence[GroupFacts],
        audience: Audience,
        since: datetime,
        until: datetime,
    ) -> Sequence[Start]:
        """Two statements for all groups."""
        del audience
        fell = fell_below([each.id for each in groups], config.score, since, until)
        return [Start(each.group_id, None, each.at, each.occurrence, {"score": each.value}) for each in fell]
