"""From which day on something counts, by the calendar of each group's community."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from qunce.community import selectors as community
from qunce.members.condition import Subject


def since(subjects: Collection[Subject], now: datetime, days: int) -> dict[int, date]:
    """The first of the last ``days`` days, today included, by group; groups that are not served are not in it."""
    facts = community.group_facts({each.group_id for each in subjects})
    return {each.id: now.astimezone(each.zone).date() - timedelta(days=days - 1) for each in facts}
