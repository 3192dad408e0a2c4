"""What triggers have in common: a Config that takes no unknown fields, and looking back a little.

What happened just before the last look may have been stored just after it: it is looked for once more, and whoever
has begun does not begin again.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext_noop
from pydantic import BaseModel, ConfigDict, Field

from qunce.chat import selectors as chats
from qunce.community.types import GroupFacts
from qunce.members.selectors import Present
from qunce.playbooks.types import Start

LOOK_BACK = timedelta(minutes=2)
MOST_DAYS_BEHIND = 31
"""After a longer outage only the last month's days are made up for."""


class TriggerConfig(BaseModel):
    """The Config of a trigger."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class OfPlaybookConfig(TriggerConfig):
    """Of which playbook, and of which of its steps."""

    playbook: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{1,59}$",
        title=gettext_noop("Playbook"),
        description=gettext_noop("Its key, as its text has it."),
    )
    step: str = Field(
        default="",
        pattern=r"^([a-z0-9][a-z0-9-]{0,39})?$",
        title=gettext_noop("Step"),
        description=gettext_noop("Its id; empty: any."),
    )


def number_of(day: date) -> int:
    """A day as an occurrence: 20261224."""
    return day.year * 10_000 + day.month * 100 + day.day


def days_between(
    groups: Sequence[GroupFacts], at: time, since: datetime, until: datetime
) -> Mapping[date, Mapping[int, datetime]]:
    """The days whose ``at`` by the clock of a group came after ``since``, up to ``until``: the moments, by group."""
    found: dict[date, dict[int, datetime]] = {}
    for group in groups:
        day = max(since, until - timedelta(days=MOST_DAYS_BEHIND)).astimezone(group.zone).date()
        last = until.astimezone(group.zone).date()
        while day <= last:
            moment = datetime.combine(day, at, group.zone)
            if since < moment <= until:
                found.setdefault(day, {})[group.id] = moment
            day += timedelta(days=1)
    return found


def starts_of(
    people: Sequence[Present], at: Mapping[int, datetime] | None = None, occurrence: int = 0
) -> list[Start]:
    """Members who begin, none of our own accounts; at the moment of their group, or when they came."""
    if not people:
        return []
    ours = chats.our_members()
    return [
        Start(each.group_id, each.member_id, moment, occurrence)
        for each in people
        if each.member_id not in ours and (moment := at[each.group_id] if at else each.at) is not None
    ]
