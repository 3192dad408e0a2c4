"""One person's history across groups: what they said by day, when they came and when they left."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Sum

from qunce.chat.models import MemberDay
from qunce.community import selectors as community
from qunce.kernel.actor import Actor
from qunce.members import selectors as members
from qunce.members.selectors import Turn

DAYS = 14


@dataclass(frozen=True, slots=True)
class TimelineDay:
    """One day in the zones of the groups: messages by group, entries and departures."""

    day: date
    said: dict[int, int] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Days on which something happened, newest first. ``before``: the day to go on from, None at the end."""

    days: Sequence[TimelineDay]
    before: date | None


def timeline(actor: Actor, member_id: int, *, before: date | None = None, days: int = DAYS) -> Timeline:
    """What a member said and where they came and went, in groups that the actor may see."""
    person = members.member(actor, member_id)
    identities = [identity.pk for identity in person.identities.all()]
    turns = members.turns(actor, member_id)
    groups = {stay.group_id for stay in members.stays(actor, [member_id])}
    zones = community.zones(actor, groups)
    came_and_went: dict[date, list[Turn]] = defaultdict(list)
    for turn in turns:
        came_and_went[turn.at.astimezone(ZoneInfo(zones[turn.group_id])).date()].append(turn)
    spoken = MemberDay.objects.filter(group_id__in=list(zones), identity_id__in=identities)
    if before:
        spoken = spoken.filter(day__lt=before)
    latest = spoken.order_by("-day").values_list("day", flat=True).distinct()[: days + 1]
    every = sorted({*latest, *(day for day in came_and_went if before is None or day < before)}, reverse=True)
    shown = every[:days]
    said = _said(list(zones), identities, shown)
    return Timeline(
        [TimelineDay(day, said.get(day, {}), came_and_went.get(day, [])) for day in shown],
        before=shown[-1] if len(every) > days else None,
    )


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
