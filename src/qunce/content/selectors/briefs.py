"""Reads of plans, of briefs, and of what somebody has picked for them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from qunce.chat import policies as campaigns
from qunce.chat import selectors as chat
from qunce.chat.selectors import Target, attention, links
from qunce.chat.types import Manner, Selection, from_json
from qunce.community import selectors as community
from qunce.community.selectors import Community
from qunce.community.types import GroupFilter
from qunce.content.models import Brief, BriefPick, BriefPlan
from qunce.content.policies import briefs as policies
from qunce.content.types import LATE_AFTER, BriefState, Line
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import NotAllowed, NotFound

REMEMBERED = timedelta(days=60)
"""What a brief has said is not said again for so long."""
MANNER = Manner(counted=True)


# ------------------------------------------------------------------ plans
def visible_plans(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[BriefPlan]:
    """Plans of communities in which the actor holds ``permission``, by name, with their community."""
    found = BriefPlan.objects.filter(archived_at=None).select_related("community")
    allowed = actor.communities(permission)
    return (found if allowed is None else found.filter(community__in=allowed)).order_by("name", "pk")


def plan(actor: Actor, plan_id: int, permission: Permission = Permission.VIEW) -> BriefPlan:
    """One of them. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = visible_plans(actor).filter(pk=plan_id).first()
    if found is None:
        raise NotFound
    actor.require(permission, found.community_id)
    return found


def weights_of(plan: BriefPlan) -> dict[int, int]:
    """How much each feed counts; none: every feed of the community, alike."""
    return {int(key): int(weight) for key, weight in plan.weights.items()}


def selection_of(plan: BriefPlan) -> Selection:
    """The groups of a plan, as far as they are (still) in its community."""
    kept = from_json(Selection, plan.selection)
    if not kept.group_ids:
        return Selection(community_ids=(plan.community_id,), tags=kept.tags, text=kept.text)
    here = community.find_groups(SYSTEM, GroupFilter(community_id=plan.community_id))
    return Selection(group_ids=tuple(here.filter(pk__in=kept.group_ids).order_by("pk").values_list("pk", flat=True)))


@dataclass(frozen=True, slots=True)
class Night:
    """Quiet hours in which a brief would go out: it waits for their end, or (``never``) is too late by then."""

    begin: time
    end: time
    never: bool


def nights(hours: Iterable[tuple[Community, time]]) -> dict[tuple[int, time], Night]:
    """Which of these hours, by the clocks of their communities, are quiet ones. No guard: for who may see them."""
    asked = {(home.pk, at): home for home, at in hours}
    rules = attention.nights_in({key for key, _at in asked})
    found = {}
    for (key, at), home in asked.items():
        rule = rules.get(key)
        moment = policies.moment(clock.today(home.zone), at, home.zone)
        until = campaigns.quiet_until(rule, moment, ZoneInfo(home.zone)) if rule else None
        if until and rule and rule.quiet_from and rule.quiet_until:
            found[key, at] = Night(rule.quiet_from, rule.quiet_until, until - moment >= LATE_AFTER)
    return found


def active_plans() -> list[BriefPlan]:
    """Those that go out, with their community. No guard: for the clock."""
    found = BriefPlan.objects.filter(active_since__isnull=False, archived_at=None, community__archived_at=None)
    return list(found.select_related("community").order_by("pk"))


# ------------------------------------------------------------------ briefs
def visible_briefs(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Brief]:
    """Briefs of plans, of communities in which the actor holds ``permission``, the latest day first."""
    found = Brief.objects.filter(plan__isnull=False).select_related("plan", "community")
    allowed = actor.communities(permission)
    return (found if allowed is None else found.filter(community__in=allowed)).order_by("-day", "-pk")


def brief(actor: Actor, brief_id: int, permission: Permission = Permission.VIEW) -> Brief:
    """One of them. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = visible_briefs(actor).filter(pk=brief_id).first()
    if found is None:
        raise NotFound
    if not actor.may(permission, found.community_id):
        raise NotAllowed(permission=permission)
    return found


def plan_of(brief: Brief) -> BriefPlan:
    """The plan of a brief that has one."""
    if brief.plan is None:
        raise NotFound
    return brief.plan


def ahead(actor: Actor) -> list[Brief]:
    """Briefs that can still be edited, the next one first."""
    wanted = [BriefState.OPEN, BriefState.APPROVED]
    return list(visible_briefs(actor).filter(state__in=wanted).order_by("send_at", "pk"))


def past(actor: Actor) -> QuerySet[Brief]:
    """Briefs that went out or were left out, the latest first."""
    return visible_briefs(actor).filter(state__in=[BriefState.SENT, BriefState.SKIPPED])


def lines_of(brief: Brief) -> list[Line]:
    """What it says."""
    return [Line.model_validate(each) for each in brief.lines]


def due(now: datetime) -> list[int]:
    """Briefs whose hour has come. No guard: for the clock."""
    found = Brief.objects.filter(send_at__lte=now, state__in=[BriefState.OPEN, BriefState.APPROVED])
    return list(found.order_by("send_at", "pk").values_list("pk", flat=True))


def made(plan_ids: Collection[int], since: datetime) -> set[tuple[int, str]]:
    """Of which days there are briefs: plans and days. No guard: for the clock."""
    found = Brief.objects.filter(plan__in=list(plan_ids), day__gte=since.date() - timedelta(days=3))
    return {(plan_id or 0, day.isoformat()) for plan_id, day in found.values_list("plan_id", "day")}


def used(plan_id: int | None, community_id: int, *, but: int | None = None) -> set[str]:
    """What the briefs of a plan, or those of playbooks in a community, have said lately (`policies.keys`)."""
    found = Brief.objects.filter(plan=plan_id, community=community_id).exclude(state=BriefState.SKIPPED)
    found = found.filter(send_at__gte=clock.now() - REMEMBERED).exclude(pk=but or 0)
    said = (line for lines in found.values_list("lines", flat=True) for line in lines)
    return {key for line in said for key in policies.keys(line["title"], line.get("url", ""))}


def waiting_picks(plan_ids: Iterable[int]) -> list[BriefPick]:
    """What was picked and is in no brief yet, in order. No guard: for who may see the plans."""
    return list(BriefPick.objects.filter(plan__in=list(plan_ids), brief=None).order_by("at", "pk"))


# ------------------------------------------------------------------ what it looks like, and what came of it
@dataclass(frozen=True, slots=True)
class Phones:
    """What the groups of a brief get: one of each platform, how many can be reached, and how many cannot, and why."""

    each: Sequence[Target]
    reached: int
    obstacles: Sequence[tuple[str, int]]


def phones(actor: Actor, plan: BriefPlan, text: str, at: datetime) -> Phones:
    """What a text looks like in the groups of a plan on the day it goes out. Raises Invalid where it cannot be."""
    with clock.at(max(at, clock.now())):
        found = chat.targets(actor, selection_of(plan), text, manner=MANNER)
    first: dict[tuple[str, str], Target] = {}
    obstacles: dict[str, int] = {}
    for target in found:
        first.setdefault((target.platform, target.obstacle), target)
        if target.obstacle:
            obstacles[target.obstacle] = obstacles.get(target.obstacle, 0) + 1
    reached = sum(not target.obstacle for target in found)
    return Phones(list(first.values())[:6], reached, sorted(obstacles.items()))


def clicks(briefs: Iterable[Brief]) -> dict[int, dict[str, int]]:
    """How often each address was followed, by broadcast, of briefs that the caller may see."""
    return links.clicks_by_address([each.broadcast_id for each in briefs if each.broadcast_id])
