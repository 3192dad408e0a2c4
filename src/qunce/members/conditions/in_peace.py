"""The member wants to be left in peace."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.members import selectors
from qunce.members.condition import Condition, ConditionConfig, Subject


class InPeaceConfig(ConditionConfig):
    """Whether they do, or do not."""

    in_peace: bool = Field(default=True, title=gettext_noop("Wants to be left in peace"))


class InPeace(Condition):
    """As they have said on their own page."""

    title = gettext_noop("Wants to be left in peace")
    Config = InPeaceConfig

    def sentence(self, config: InPeaceConfig) -> str:
        """Whether they do."""
        return _("wants to be left in peace") if config.in_peace else _("may be written to")

    def holding(self, config: InPeaceConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those who do, or who do not."""
        del now
        found = selectors.muted({each.member_id for each in subjects if each.member_id})
        return {each for each in subjects if each.member_id and (each.member_id in found) is config.in_peace}
