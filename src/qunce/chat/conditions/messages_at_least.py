"""The member, or the whole group, has said so many things."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_noop, ngettext
from pydantic import Field

from qunce.chat.conditions._days import have_said
from qunce.members.condition import Condition, ConditionConfig, Subject

EVER = 3660


class MessagesAtLeastConfig(ConditionConfig):
    """How many, and in how many days."""

    count: int = Field(ge=1, le=1_000_000, title=gettext_noop("Messages at least"))
    days: int = Field(
        default=EVER,
        ge=1,
        le=EVER,
        title=gettext_noop("In so many days"),
        description=gettext_noop("Today is one of them."),
    )


class MessagesAtLeast(Condition):
    """In this group; a member with any of their accounts."""

    title = gettext_noop("Has said so many things")
    Config = MessagesAtLeastConfig
    of_groups = True

    def sentence(self, config: MessagesAtLeastConfig) -> str:
        """How many."""
        sentence = ngettext(
            "has said at least %(count)d thing in %(days)d days",
            "has said at least %(count)d things in %(days)d days",
            config.count,
        )
        return sentence % {"count": config.count, "days": config.days}

    def holding(self, config: MessagesAtLeastConfig, subjects: Collection[Subject], now: datetime) -> set[Subject]:
        """Those who have."""
        return have_said(subjects, now, count=config.count, days=config.days)
