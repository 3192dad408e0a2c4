"""Reads of the roll-ups: how much is said where, when and by whom. Days and hours are those of each group's zone.

An hour of the roll-up belongs to the day in which it begins: in zones that are half an hour off, half an hour of a
day's messages may be counted on the day before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet, Sum

from qunce.chat.models import GroupHour, MemberDay
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.kernel import clock
from qunce.kernel.actor import Actor
from qunce.kernel.lookups import numbers
from qunce.members import selectors as members

WEEK, HOURS = 7, 24
QUIETER = -0.25
ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Day:
    """What happened in one day. ``messages`` are people's; bots' and our own are apart."""

    day: date
    messages: int = 0
    bot_messages: int = 0
    joined: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Weeks:
    """People's messages in the last seven whole days beside the seven before; today is not over and left out."""

    now: int
    before: int

    @property
    def change(self) -> float | None:
        """-0.25 is a quarter less; None where there is nothing to compare with."""
        return self.now / self.before - 1 if self.before else None

    @property
    def is_quieter(self) -> bool:
        """Whether clearly less is said, by more than chance in a small group."""
        return self.change is not None and self.change <= QUIETER and self.before - self.now >= ENOUGH


@dataclass(frozen=True, slots=True)
class Busy:
    """A member and how much they said, through all their identities."""

    member_id: int
    name: str
    messages: int


def weeks(days: Sequence[Day]) -> Weeks:
    """Compare the weeks before today; ``days`` end with today and go back at least fifteen days."""
    said = [day.messages for day in days]
    return Weeks(sum(said[-WEEK - 1 : -1]), sum(said[-2 * WEEK - 1 : -WEEK - 1]))


def days_of_group(actor: Actor, group_id: int, days: int = 30) -> list[Day]:
    """A group's last ``days`` days, oldest first, today included; days without anything too."""
    community.group(actor, group_id)
    return _days({group_id: group_id}, community.zones(actor, [group_id]), days)[group_id]


def daily_messages(actor: Actor, group_ids: Collection[int], days: int = 14) -> dict[int, list[int]]:
    """People's messages per day of each group that the actor may see, oldest day first."""
    return {
        group_id: [day.messages for day in counted]
        for group_id, counted in _days(
            {key: key for key in group_ids}, community.zones(actor, group_ids), days
        ).items()
    }


def days_of_communities(actor: Actor, days: int = 14) -> dict[int, list[Day]]:
    """What happened per day in all open groups of each community that the actor may see, by the community's id."""
    homes = community.communities_of_groups(actor)
    zones = dict(community.visible_communities(actor).values_list("pk", "zone"))
    return _days(homes, {group_id: zones[home] for group_id, home in homes.items() if home in zones}, days)


def rhythm(actor: Actor, group_id: int, days: int = 28) -> list[list[int]]:
    """People's messages by weekday (Monday first) and hour, summed over the last ``days`` days."""
    zone = community.zones(actor, [group_id]).get(group_id, "UTC")
    cells = [[0] * HOURS for _ in range(WEEK)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(isodow FROM h.hour AT TIME ZONE %s)::int, extract(hour FROM h.hour AT TIME ZONE %s)::int,"
            " sum(h.messages) FROM chat_grouphour h WHERE h.group_id = ANY(%s) AND h.hour >= %s GROUP BY 1, 2",
            [zone, zone, list(community.zones(actor, [group_id])), _start(zone, days)],
        )
        for weekday, hour, messages in cursor.fetchall():
            cells[weekday - 1][hour] = messages
    return cells


def busiest(actor: Actor, group_id: int, days: int = 28, limit: int = 10) -> list[Busy]:
    """Who said most in a group in the last ``days`` days."""
    zones = community.zones(actor, [group_id])
    if group_id not in zones:
        return []
    since = clock.today(zones[group_id]) - timedelta(days=days - 1)
    spoken = list(
        MemberDay.objects.filter(group_id=group_id, day__gte=since)
        .values_list("identity_id")
        .annotate(said=Sum("messages"))
        .order_by("-said", "identity_id")[: limit * 3]
    )
    people = members.who([identity_id for identity_id, _ in spoken])
    said: dict[int, Busy] = {}
    for identity_id, messages in spoken:
        one = people[identity_id]
        before = said.get(one.member_id)
        name = before.name if before else one.name
        said[one.member_id] = Busy(one.member_id, name, messages + (before.messages if before else 0))
    return sorted(said.values(), key=lambda each: -each.messages)[:limit]


def ranked(groups: QuerySet[Group], days: int = 7, *, quietest: bool = False) -> list[int]:
    """The ids of groups (a query that is guarded already) by people's messages in the last ``days`` × 24 hours.

    The busiest come first; where the same was said, the order of the query stays.
    """
    said: Mapping[int, int] = dict(
        GroupHour.objects.filter(
            group_id__in=groups.order_by().values("pk"), hour__gte=clock.now() - timedelta(days=days)
        )
        .values_list("group_id")
        .annotate(said=Sum("messages"))
    )
    return sorted(
        groups.values_list("pk", flat=True), key=lambda group_id: said.get(group_id, 0), reverse=not quietest
    )


def with_history(group_ids: Collection[int]) -> list[int]:
    """Those of the groups of which anything was ever counted. No guard: not for pages."""
    counted = GroupHour.objects.filter(group_id__among=group_ids).order_by("group_id")
    return list(counted.values_list("group_id", flat=True).distinct())


def said_lately(
    actor: Actor, identity_ids: Collection[int], group_ids: Collection[int], days: int = 30
) -> dict[int, int]:
    """How much each identity said in those of the groups that the actor may see, in the last ``days`` days."""
    rows = (
        MemberDay.objects.filter(
            group_id__among=community.zones(actor, group_ids),
            day__gte=clock.now().date() - timedelta(days=days - 1),
            identity_id__among=identity_ids,
        )
        .values_list("identity_id")
        .annotate(said=Sum("messages"))
    )
    return dict(rows)


def said_in_all(identity_ids: Collection[int], group_ids: Collection[int]) -> dict[int, int]:
    """How much these identities have said in each of the groups, ever. No guard: for people's own record."""
    rows = MemberDay.objects.filter(group_id__among=group_ids, identity_id__among=identity_ids)
    return dict(rows.values_list("group_id").annotate(said=Sum("messages")))


def _start(zone: str, days: int) -> datetime:
    """The moment at which the first of the last ``days`` days began, in UTC terms."""
    first = clock.today(zone) - timedelta(days=days - 1)
    return datetime.combine(first, time(), ZoneInfo(zone))


def _days(keys: Mapping[int, int], zones: Mapping[int, str], days: int) -> dict[int, list[Day]]:
    """Days by key, where ``keys`` says which key each group counts for, and ``zones`` where those that are seen are;
    one statement for all groups.

    The columns of a key are dates in its groups' zone; groups of one key share their zone.
    """
    starts = {zone: _start(zone, days) for zone in dict.fromkeys(zones.values())}
    places = {zone: place for place, zone in enumerate(starts, 1)}
    firsts = {keys[group_id]: starts[zone].date() for group_id, zone in zones.items()}
    found: dict[int, dict[date, Day]] = {key: {} for key in firsts}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT g.key, (h.hour AT TIME ZONE z.zone)::date, sum(h.messages), sum(h.bot_messages), sum(h.joined),"
            ' sum(h."left") FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS g(group_id, key, place)'
            " JOIN unnest(%s::text[], %s::timestamptz[]) WITH ORDINALITY AS z(zone, since, place) USING (place)"
            " JOIN chat_grouphour h ON h.group_id = g.group_id AND h.hour >= z.since AND h.hour >= %s GROUP BY 1, 2",
            [
                numbers(zones),
                numbers(keys[group_id] for group_id in zones),
                numbers(places[zone] for zone in zones.values()),
                list(starts),
                list(starts.values()),
                min(starts.values(), default=clock.now()),  # by a constant the planner knows how little that is
            ],
        )
        for key, day, *counts in cursor.fetchall():
            found[key][day] = Day(day, *counts)
    return {
        key: [found[key].get(day, Day(day)) for day in (first + timedelta(days=n) for n in range(days))]
        for key, first in firsts.items()
    }
