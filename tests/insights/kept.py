"""Series of simulated panels as the tables hold them, for groups of a community."""

from datetime import date, timedelta

import numpy as np

from qunce.community import actions as community
from qunce.community.models import Group
from qunce.insights.models import Filled, Series
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from tests.support import world


def groups(count, home=None, platform="sandbox"):
    """Groups of a community, with names in order."""
    home = home or world.a_community()
    made = [
        Group.objects.create(
            platform=platform,
            external_id=f"!{home.pk}-{n}",
            name=f"群 {n:02}",
            found_at=clock.now(),
            member_count=None,
        )
        for n in range(count)
    ]
    community.adopt_groups(actor=SYSTEM, community_id=home.pk, group_ids=[each.pk for each in made])
    return made


def keep(panel, made):
    """Store the panel's series as those of the groups, one row of it each."""
    first, last = panel.stretch.first, panel.stretch.last
    rows = []
    for row, group in enumerate(made):
        Series.objects.filter(group_id=group.pk).delete()
        Filled.objects.filter(group_id=group.pk).delete()
        for key, values in panel.series.items():
            for year in range(first.year, last.year + 1):
                days = np.full(366, np.nan, "<f4")
                for at, value in enumerate(values[row]):
                    day = first + timedelta(days=at)
                    if day.year == year:
                        days[(day - date(year, 1, 1)).days] = value
                rows.append(Series(group_id=group.pk, metric=key, year=year, days=days.tobytes()))
        born = last - timedelta(days=int(panel.age[row]) - 1)
        Filled.objects.create(
            group_id=group.pk, first=max(born, first), through=last, settled=last, counted=0, zone="Asia/Shanghai",
            method=1, due_at=clock.now(), at=clock.now(),
        )  # fmt: skip
        Group.objects.filter(pk=group.pk).update(member_count=round(float(panel.size[row])))
    Series.objects.bulk_create(rows)
