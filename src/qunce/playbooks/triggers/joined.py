"""A member comes into a group."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community.types import GroupFacts
from qunce.members import selectors as members
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import LOOK_BACK, TriggerConfig, starts_of
from qunce.playbooks.types import Audience, Start


class Joined(Trigger):
    """Once per member and group, also for who comes back."""

    title = gettext_noop("When a member joins")
    icon = "user-plus"
    Config = TriggerConfig
    audiences = frozenset({Audience.MEMBER})
    by_member = True

    def sentence(self, config: TriggerConfig, language: str) -> str:
        """When somebody comes."""
        del config, language
        return _("When a member joins")

    def starts(
        self,
        config: TriggerConfig,
        groups: Sequence[GroupFacts],
        audience: Audience,
        since: datetime,
        until: datetime,
    ) -> Sequence[Start]:
        """One statement for all groups."""
        del config, audience
        return starts_of(members.joined_between({each.id: (since - LOOK_BACK, until) for each in groups}))
