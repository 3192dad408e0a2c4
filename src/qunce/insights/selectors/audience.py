"""Reads of a community's newcomers and of how long people stay."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from qunce.chat.selectors import spoken
from qunce.community import selectors as community
from qunce.insights.policies import audience
from qunce.insights.types.audience import Cohort, Funnel, Newcomer
from qunce.kernel import clock
from qunce.kernel.actor import Actor
from qunce.members import selectors as members
from qunce.members.selectors import arrivals

DAY = timedelta(days=1)


def funnel(actor: Actor, community_id: int, days: int = 90) -> Funnel:
    """Who came into the community for the first time in the last ``days`` days, and what became of it."""
    found = community.community(actor, community_id)
    zone, today = ZoneInfo(found.zone), clock.today(found.zone)
    first = today - timedelta(days=days - 1)
    group_ids = community.groups_of(actor, community_id)
    since = datetime.combine(first, time(), zone)
    came = arrivals.arrivals(group_ids, since, clock.now())
    said = spoken.days_of({key for each in came for key in each.identity_ids}, group_ids, first)
    newcomers = []
    for each in came:
        days_spoken = set().union(*(said.get(key, set()) for key in each.identity_ids))
        entered = each.at.astimezone(zone).date()
        told = audience.outcomes(entered, days_spoken, today, is_here=each.is_here)
        newcomers.append(Newcomer(each.member_id, each.name, each.at, told))
    return Funnel(first, today, newcomers)


def cohorts(actor: Actor, community_id: int) -> list[Cohort]:
    """The community's people by the month in which they first spoke in any of its groups."""
    found = community.community(actor, community_id)
    last = clock.today(found.zone).replace(day=1) - DAY
    months = spoken.months_of(community.groups_of(actor, community_id))
    return audience.cohorts(_by_member(months), last.replace(day=1))


def _by_member(months: Mapping[int, set[date]]) -> dict[int, set[date]]:
    found: dict[int, set[date]] = defaultdict(set)
    for identity_id, member_id in members.persons(months).items():
        found[member_id] |= months[identity_id]
    return found
