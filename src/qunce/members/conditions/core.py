"""The member counts among the core."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.members import selectors
from qunce.members.condition import Condition, ConditionConfig, Subject


class CoreConfig(ConditionConfig):
    """Whether they do, or do not."""

    core: bool = Field(default=True, title=gettext_noop("A core member"))


class IsCore(Condition):
    """As the team has decided."""

    title = gettext_noop("Is a core member")
    Config = CoreConfig

    def sentence(self, config: CoreConfig) -> str:
        """Whether they do."""
        return _("is a core member") if config.core else _("is no core member")

    def holding(self, config: CoreConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those who do, or who do not."""
        del now
        found = selectors.core({each.member_id for each in subjects if each.member_id})
        return {each for each in subjects if each.member_id and (each.member_id in found) is config.core}
