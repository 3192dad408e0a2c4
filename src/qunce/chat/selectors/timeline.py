"""One person's history across groups: what they said by day, when they came and left, what the team did."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Sum

from qunce.chat.models import MemberDay
from qunce.community import selectors as community
from qunce.kernel import clock
from qunce.kernel.actor import Actor
from qunce.members import selectors as members
from qunce.members.selectors import Entry, Member, Turn

DAYS, LINE = 14, 30


@dataclass(frozen=True, slots=True)
class TimelineDay:
    """One day in the zones of the groups: messages by group, entries and departures, what the team did."""

    day: date
    said: dict[int, int] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Days on which something happened, newest first. ``before``: the day to go on from, None at the end."""

    days: Sequence[TimelineDay]
    before: date | None


@dataclass(frozen=True, slots=True)
class Sayings:
    """How much a member has said in all; when last; and how much on each of the last LINE days, oldest first."""

    total: int
    last: date | None
    line: list[int]


def timeline(actor: Actor, member_id: int, *, before: date | None = None, days: int = DAYS) -> Timeline:
    """What a member said and where they came and went, in groups that the actor may see; and what the team did."""
    person = members.member(actor, member_id)
    identities = [identity.pk for identity in person.identities.all()]
    zones = community.zones(actor, {stay.group_id for stay in members.stays(actor, [person.pk])})
    came_and_went: dict[date, list[Turn]] = defaultdict(list)
    for turn in members.turns(actor, person.pk):
        came_and_went[turn.at.astimezone(ZoneInfo(zones[turn.group_id])).date()].append(turn)
    done: dict[date, list[Entry]] = defaultdict(list)
    zone = ZoneInfo(min(zones.values(), default=settings.DEFAULT_COMMUNITY_ZONE))
    for entry in members.entries(person):
        done[entry.at.astimezone(zone).date()].append(entry)
    spoken = MemberDay.objects.filter(group_id__in=list(zones), identity_id__in=identities)
    if before:
        spoken = spoken.filter(day__lt=before)
    latest = spoken.order_by("-day").values_list("day", flat=True).distinct()[: days + 1]
    other = {day for day in (*came_and_went, *done) if before is None or day < before}
    every = sorted({*latest, *other}, reverse=True)
    shown = every[:days]
    said = _said(list(zones), identities, shown)
    return Timeline(
        [TimelineDay(day, said.get(day, {}), came_and_went.get(day, []), done.get(day, [])) for day in shown],
        before=shown[-1] if len(every) > days else None,
    )


def sayings(actor: Actor, person: Member) -> Sayings:
    """How much a member, whom the actor sees, has said in groups that the actor may see."""
    identities = [identity.pk for identity in person.identities.all()]
    groups = {stay.group_id for stay in members.stays(actor, [person.pk])}
    rows = (
        MemberDay.objects.filter(group_id__in=groups, identity_id__in=identities)
        .values_list("day")
        .annotate(said=Sum("messages"))
    )
    by_day: dict[date, int] = dict(rows)
    today = clock.now().date()
    line = [by_day.get(today - timedelta(days=n), 0) for n in reversed(range(LINE))]
    return Sayings(sum(by_day.values()), max(by_day, default=None), line)


def _said(
    group_ids: Collection[int], identities: Collection[int], shown: Sequence[date]
) -> dict[date, dict[int, int]]:
    """Messages by day and group."""
    said: dict[date, dict[int, int]] = defaultdict(dict)
    rows = (
        MemberDay.objects.filter(group_id__in=group_ids, identity_id__in=identities, day__in=shown)
        .values_list("day", "group_id")
        .annotate(said=Sum("messages"))
        .order_by("day", "-said")
    )
    for day, group_id, messages in rows:
        said[day][group_id] = messages
    return said
