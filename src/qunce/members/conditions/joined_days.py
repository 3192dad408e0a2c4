"""So many days have passed since the member came into the group."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, model_validator

from qunce.kernel.validation import BadFieldError
from qunce.members import selectors
from qunce.members.condition import Condition, ConditionConfig, Subject


class JoinedDaysConfig(ConditionConfig):
    """At least, at most, or both."""

    at_least: int | None = Field(default=None, ge=0, le=3660, title=gettext_noop("Days at least"))
    at_most: int | None = Field(default=None, ge=0, le=3660, title=gettext_noop("Days at most"))

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise BadFieldError(gettext_noop("Say how many days at least, or at most."))
        return self


class JoinedDays(Condition):
    """Who was there before we looked has been there for long. Who has left is not in the group."""

    title = gettext_noop("Days since joining")
    Config = JoinedDaysConfig

    def sentence(self, config: JoinedDaysConfig) -> str:
        """How many."""
        if config.at_most is None:
            return _("joined at least %(days)d days ago") % {"days": config.at_least}
        if config.at_least is None:
            return _("joined at most %(days)d days ago") % {"days": config.at_most}
        return _("joined between %(least)d and %(most)d days ago") % {
            "least": config.at_least,
            "most": config.at_most,
        }

    def holding(self, config: JoinedDaysConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those in the group since then."""
        since = selectors.since_when({(each.group_id, each.member_id) for each in subjects if each.member_id})
        least = now - timedelta(days=config.at_least or 0)
        most = now - timedelta(days=config.at_most + 1) if config.at_most is not None else None
        found = set()
        for each in subjects:
            pair = each.group_id, each.member_id or 0
            if pair in since:
                came = since[pair]
                early = came is None or came <= least
                late = most is None or (came is not None and came > most)
                if early and late:
                    found.add(each)
        return found
