"""The member, or anybody in the group, has said something in the last days."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_noop, ngettext
from pydantic import BaseModel, ConfigDict, Field

from qunce.chat import selectors
from qunce.chat.conditions._days import since
from qunce.members.condition import Condition, Subject


class SpokeWithinConfig(BaseModel):
    """In how many days."""

    model_config = ConfigDict(extra="forbid", frozen=True)
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
        begins = since(subjects, now, config.days)
        pairs = {(each.group_id, each.member_id or 0) for each in subjects if each.group_id in begins}
        spoke = selectors.enough_said(pairs, 1, begins)
        return {each for each in subjects if (each.group_id, each.member_id or 0) in spoke}
