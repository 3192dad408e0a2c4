"""So many days after a member has joined."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.utils.translation import gettext_noop, ngettext
from pydantic import Field

from qunce.community.types import GroupFacts
from qunce.members import selectors as members
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import TriggerConfig, days_between, starts_of
from qunce.playbooks.types import Audience, Start

DAY = timedelta(days=1)


class AnniversaryConfig(TriggerConfig):
    """After how many days, and at which hour."""

    days: int = Field(ge=1, le=3660, title=gettext_noop("Days after joining"))
    at: time = Field(default=time(10), title=gettext_noop("At"))


class Anniversary(Trigger):
    """By the calendar of the group's community: who came at 23:59 has the next day as day 1."""

    title = gettext_noop("So many days after joining")
    icon = "cake"
    Config = AnniversaryConfig
    audiences = frozenset({Audience.MEMBER})

    def sentence(self, config: AnniversaryConfig, language: str) -> str:
        """After how many days."""
        del language
        sentence = ngettext(
            "%(count)d day after joining, at %(time)s", "%(count)d days after joining, at %(time)s", config.days
        )
        return sentence % {"count": config.days, "time": f"{config.at:%H:%M}"}

    def starts(
        self,
        config: AnniversaryConfig,
        groups: Sequence[GroupFacts],
        audience: Audience,
        since: datetime,
        until: datetime,
    ) -> Sequence[Start]:
        """Asked of the database once a day, when the hour has come."""
        del audience
        zones = {each.id: each.zone for each in groups}
        found: list[Start] = []
        for day, moments in days_between(groups, config.at, since, until).items():
            came = day - timedelta(days=config.days)
            windows = {}
            for group_id in moments:
                begin = datetime.combine(came, time(), zones[group_id])
                end = datetime.combine(came + DAY, time(), zones[group_id])
                windows[group_id] = (begin - timedelta(microseconds=1), end - timedelta(microseconds=1))
            found += starts_of(members.joined_between(windows), moments, config.days)
        return found
