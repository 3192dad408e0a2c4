"""Who has spoken in the last days, by the calendar of each group's community."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from qunce.chat import selectors
from qunce.community import selectors as community
from qunce.members.condition import Subject


def have_said(subjects: Collection[Subject], now: datetime, *, count: int, days: int) -> set[Subject]:
    """Those who have said so much in the last ``days`` days, today included; in groups that are served."""
    facts = community.group_facts({each.group_id for each in subjects})
    begins: dict[int, date] = {each.id: now.astimezone(each.zone).date() - timedelta(days=days - 1) for each in facts}
    pairs = {(each.group_id, each.member_id or 0) for each in subjects if each.group_id in begins}
    enough = selectors.enough_said(pairs, count, begins)
    return {each for each in subjects if (each.group_id, each.member_id or 0) in enough}
