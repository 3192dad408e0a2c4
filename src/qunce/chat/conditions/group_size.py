"""The group has so many members."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, model_validator

from qunce.community import selectors as community
from qunce.kernel.actor import SYSTEM
from qunce.kernel.validation import BadFieldError
from qunce.members import selectors as members
from qunce.members.condition import Condition, ConditionConfig, Subject


class GroupSizeConfig(ConditionConfig):
    """At least, at most, or both."""

    at_least: int | None = Field(default=None, ge=0, le=1_000_000, title=gettext_noop("Members at least"))
    at_most: int | None = Field(default=None, ge=0, le=1_000_000, title=gettext_noop("Members at most"))

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise BadFieldError(gettext_noop("Say how many members at least, or at most."))
        return self


class GroupSize(Condition):
    """As the platform says; where it does not, the people whom we know to be there."""

    title = gettext_noop("Size of the group")
    Config = GroupSizeConfig
    of_groups = True

    def sentence(self, config: GroupSizeConfig) -> str:
        """How many."""
        if config.at_most is None:
            return _("the group has at least %(count)d members") % {"count": config.at_least}
        if config.at_least is None:
            return _("the group has at most %(count)d members") % {"count": config.at_most}
        return _("the group has %(least)d to %(most)d members") % {"least": config.at_least, "most": config.at_most}

    def holding(self, config: GroupSizeConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those in groups of such a size."""
        del now
        facts = community.group_facts({each.group_id for each in subjects})
        sizes = {each.id: each.member_count for each in facts}
        unsaid = [key for key, size in sizes.items() if size is None]
        known = members.known_counts(SYSTEM, unsaid) if unsaid else {}
        fit = set()
        for key, said in sizes.items():
            size = known.get(key, 0) if said is None else said
            if (config.at_least or 0) <= size and (config.at_most is None or size <= config.at_most):
                fit.add(key)
        return {each for each in subjects if each.group_id in fit}
