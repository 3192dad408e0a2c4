"""The group is on a platform."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field

from qunce.chat import selectors
from qunce.community import selectors as community
from qunce.members.condition import Condition, ConditionConfig, Subject


class PlatformConfig(ConditionConfig):
    """Which one."""

    platform: str = Field(
        min_length=1,
        max_length=40,
        title=gettext_noop("Platform"),
        description=gettext_noop("As its connector is called: telegram, matrix, onebot11 …"),
    )


class OnPlatform(Condition):
    """Where the connector is not installed it holds for nobody."""

    title = gettext_noop("The group’s platform")
    Config = PlatformConfig
    of_groups = True

    def sentence(self, config: PlatformConfig) -> str:
        """Which one."""
        return _("the group is on %(platform)s") % {"platform": selectors.title_of(config.platform)}

    def holding(self, config: PlatformConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those in groups there."""
        del now
        facts = community.group_facts({each.group_id for each in subjects})
        there = {each.id for each in facts if each.platform == config.platform}
        return {each for each in subjects if each.group_id in there}
