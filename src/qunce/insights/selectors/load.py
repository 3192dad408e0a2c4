"""How much of the team's time each group takes: an estimate from what the team said (`metrics.staff_minutes`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.insights.selectors import series
from qunce.insights.types import Stretch
from qunce.kernel import clock
from qunce.kernel.actor import Actor

MINUTES, SAID, STAFF = "staff_minutes", "messages", "staff_messages"


@dataclass(frozen=True, slots=True)
class GroupLoad:
    """One group: the team's minutes on each day (None: not observed), and the messages of people and of the team."""

    group_id: int
    name: str
    community_id: int | None
    minutes: Sequence[float | None]
    messages: int
    staff_messages: int

    @property
    def per_day(self) -> float | None:
        """On the average of the days that were observed."""
        known = [each for each in self.minutes if each is not None]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True, slots=True)
class Load:
    """All groups, those that take most first."""

    days: Sequence[date]
    groups: Sequence[GroupLoad]

    @property
    def per_day(self) -> list[float]:
        """Minutes of each day over all groups."""
        return [sum(each.minutes[place] or 0 for each in self.groups) for place in range(len(self.days))]


def load(actor: Actor, *, community_id: int | None = None, days: int = 28) -> Load:
    """The team's minutes in the groups that the actor may see, up to yesterday. Three statements."""
    groups = list(community.find_groups(actor, GroupFilter(community_id=community_id)))
    last = clock.now().date() - timedelta(days=1)
    stretch = Stretch(last - timedelta(days=days - 1), days)
    found = series.of_groups(actor, [group.pk for group in groups], [MINUTES, SAID, STAFF], stretch)
    told = []
    for group in groups:
        if group.pk in found:
            kept = found[group.pk]
            minutes = [None if np.isnan(each) else round(float(each), 1) for each in kept[MINUTES]]
            said, staff = (int(np.nansum(kept[key])) for key in (SAID, STAFF))
            name = group.name or group.external_id
            told.append(GroupLoad(group.pk, name, group.community_id, minutes, said, staff))
    return Load(stretch.days(), sorted(told, key=lambda each: -(each.per_day or 0)))
