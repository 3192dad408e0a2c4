"""A member has said so many things in a group."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_noop, ngettext
from pydantic import Field

from qunce.chat import selectors as chats
from qunce.community.types import GroupFacts
from qunce.members import selectors as members
from qunce.members.selectors import Present
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import LOOK_BACK, TriggerConfig, starts_of
from qunce.playbooks.types import Audience, Start


class MessageCountConfig(TriggerConfig):
    """How many."""

    count: int = Field(ge=1, le=100_000, title=gettext_noop("Which message"))


class MessageCount(Trigger):
    """Who had as many before the run is not meant; looked at only where somebody has spoken."""

    title = gettext_noop("With a member’s n-th message")
    icon = "number"
    Config = MessageCountConfig
    audiences = frozenset({Audience.MEMBER})
    by_member = True

    def sentence(self, config: MessageCountConfig, language: str) -> str:
        """Which one."""
        del language
        sentence = ngettext(
            "With the first message of a member", "When a member has said %(count)d things", config.count
        )
        return sentence % {"count": config.count}

    def starts(
        self,
        config: MessageCountConfig,
        groups: Sequence[GroupFacts],
        audience: Audience,
        since: datetime,
        until: datetime,
    ) -> Sequence[Start]:
        """Two statements at most, and the names of those found."""
        del audience
        crossed = chats.crossed([each.id for each in groups], config.count, since - LOOK_BACK, until)
        people = members.who({identity_id for _group, identity_id in crossed})
        found = [
            Present(group_id, people[identity_id].member_id, identity_id, until)
            for group_id, identity_id in crossed
            if identity_id in people and not people[identity_id].is_bot
        ]
        return starts_of(found)
