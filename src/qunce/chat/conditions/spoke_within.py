"""The member, or anybody in the group, has said something in the last days."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_noop, ngettext
from pydantic import Field

from qunce.chat.conditions._days import have_said
from qunce.members.condition import Condition, ConditionConfig, Subject


class SpokeWithinConfig(ConditionConfig):
    """In how many days."""

    days: int = Field(ge=1, le=3660, title=gettext_noop("Days"), description=gettext_noop("Today is one of them."))


class SpokeWithin(Condition):
    """A member speaks with any of their accounts; bots and ourselves do not count."""

    title = gettext_noop("Has spoken lately")
    Config = SpokeWithinConfig
    of_groups = True

    def sentence(self, config: SpokeWithinConfig) -> str:
        """In how many days."""
        sentence = ngettext(
            "has spoken on the last %(count)d day", "has spoken in the last %(count)d days", config.days
        )
        return sentence % {"count": config.days}

    def holding(self, config: SpokeWithinConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those who have."""
        return have_said(subjects, now, count=1, days=config.days)
