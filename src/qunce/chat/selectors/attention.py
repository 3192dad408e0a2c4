"""What binds campaigns in a community, and until when its groups would wait for the next one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.conf import settings
from django.db import connection

from qunce.chat import policies
from qunce.chat.connector import connectors, gettext_noop
from qunce.chat.models import CommunityRestraint
from qunce.chat.types import Restraint
from qunce.community import selectors as community
from qunce.community.types import GroupFacts
from qunce.kernel.actor import SYSTEM, Actor, Permission

NIGHT = gettext_noop("Quiet hours of its community.")
ENOUGH = gettext_noop("The group has had its number of broadcasts for the day.")


@dataclass(frozen=True, slots=True)
class Wait:
    """A campaign does not go to a group before ``until``; the reason is a message id."""

    until: datetime
    reason: str


def usual() -> Restraint:
    """What holds in a community that has decided nothing."""
    begin, _dash, end = settings.QUIET_HOURS.partition("-")
    if not end:
        return Restraint(quiet_from=None, quiet_until=None)
    return Restraint(quiet_from=time.fromisoformat(begin), quiet_until=time.fromisoformat(end))


def restraints(community_ids: Collection[int]) -> dict[int, Restraint]:
    """What binds campaigns in each community. No guard: it is asked about groups that the caller may send to."""
    found = {row.community_id: row for row in CommunityRestraint.objects.filter(pk__in=set(community_ids))}
    return {key: _of(found[key]) if key in found else usual() for key in community_ids}


def nights_in(community_ids: Collection[int]) -> dict[int, Restraint]:
    """What binds campaigns in those of the communities that have quiet hours, and a group where somebody really is.

    No guard, as above.
    """
    places = community.visible_groups(SYSTEM).filter(community__in=set(community_ids)).order_by()
    kinds = places.values_list("community_id", "platform").distinct()
    real = {key for key, platform in kinds if not _is_simulated(platform)}
    found = restraints(real)
    return {key: rules for key, rules in found.items() if rules.quiet_from != rules.quiet_until}


def restraint(actor: Actor, community_id: int, permission: Permission = Permission.VIEW) -> Restraint:
    """What binds campaigns in a community that the actor may see."""
    community.community(actor, community_id, permission)
    return restraints([community_id])[community_id]


def _of(row: CommunityRestraint) -> Restraint:
    return Restraint(row.quiet_from, row.quiet_until, row.daily_cap, tuple(row.complaints), row.consent_above)


def consent_above(actor: Actor, community_ids: Collection[int], count: int) -> int | None:
    """The bound that a broadcast to ``count`` groups passes, so that a lead has to agree; None: it may go.

    Of several communities the strictest one counts; where the actor is a lead himself he needs nobody.
    """
    rules = restraints(community_ids)
    bounds = [rule.consent_above for key, rule in rules.items() if not actor.may(Permission.LEAD, key)]
    passed = [bound for bound in bounds if bound is not None and count > bound]
    return min(passed, default=None)


# ------------------------------------------------------------------ how long it waits
def bound(group_ids: Iterable[int]) -> dict[int, tuple[GroupFacts, Restraint]]:
    """The groups in which something binds campaigns; nothing does where nobody is really there."""
    facts = [each for each in community.group_facts(set(group_ids)) if not _is_simulated(each.platform)]
    rules = restraints({each.community_id for each in facts})
    return {each.id: (each, rules[each.community_id]) for each in facts}


def _is_simulated(platform: str) -> bool:
    return platform in connectors and connectors[platform].capabilities.simulated


def nights(groups: dict[int, tuple[GroupFacts, Restraint]], now: datetime) -> dict[int, Wait]:
    """The groups in whose quiet hours ``now`` lies."""
    ends: dict[int, datetime | None] = {}
    found: dict[int, Wait] = {}
    for key, (facts, rules) in groups.items():
        if facts.community_id not in ends:
            ends[facts.community_id] = policies.quiet_until(rules, now, facts.zone)
        if until := ends[facts.community_id]:
            found[key] = Wait(until, NIGHT)
    return found


_HAD = """
SELECT d.group_id, count(*) FROM unnest(%s::bigint[], %s::timestamptz[]) AS g(id, since)
JOIN chat_delivery d ON d.group_id = g.id AND d.purpose = 3 AND d.first_claimed_at >= g.since
AND d.state NOT IN ('failed', 'skipped') GROUP BY d.group_id
"""


def had(groups: dict[int, tuple[GroupFacts, Restraint]], now: datetime) -> dict[int, int]:
    """How many campaigns reached each group on the day of its community's zone, or may have."""
    since = {key: policies.day_begins(now, facts.zone) for key, (facts, _rules) in groups.items()}
    with connection.cursor() as cursor:
        cursor.execute(_HAD, [list(since), list(since.values())])
        return dict(cursor.fetchall())


def waits(group_ids: Sequence[int], now: datetime) -> dict[int, Wait]:
    """The groups in which a campaign that is due at ``now`` would wait, until when and why."""
    groups = bound(group_ids)
    found = nights(groups, now)
    counts = had(groups, now) if groups else {}
    for key, (facts, rules) in groups.items():
        if key not in found and rules.daily_cap is not None and counts.get(key, 0) >= rules.daily_cap:
            found[key] = Wait(policies.tomorrow(rules, now, facts.zone), ENOUGH)
    return found
