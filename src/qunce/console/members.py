"""Members: who they are, and what each of them did where."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from qunce.chat.selectors import activity, timeline
from qunce.chat.selectors import messages as said
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.console.context import StaffRequest
from qunce.kernel.actor import Actor
from qunce.kernel.errors import NotFound
from qunce.kernel.htmx import page
from qunce.members import selectors

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One member in the list; ``said`` in the last thirty days."""

    member: Any
    platforms: Sequence[str]
    groups: int
    said: int


def members(request: StaffRequest) -> HttpResponse:
    """The list, by name."""
    text = request.GET.get("text", "").strip()
    shown = Paginator(selectors.visible_members(request.actor, text), PER_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        "console/members/list.html",
        {
            "text": text,
            "page": shown,
            "total": shown.paginator.count,
            "rows": _rows(request.actor, list(shown.object_list)),
        },
        piece="console/members/rows.html",
    )


def _rows(actor: Actor, shown: Sequence[Any]) -> list[Row]:
    """Members with what the list says of each; the same few statements for any number."""
    identities = selectors.identities(actor, [member.pk for member in shown])
    groups = selectors.groups_now(actor, [member.pk for member in shown])
    spoken = activity.said_lately(
        actor,
        [identity.pk for those in identities.values() for identity in those],
        {group_id for there in groups.values() for group_id in there},
    )
    return [
        Row(
            member,
            sorted({identity.platform for identity in identities.get(member.pk, ())}),
            len(groups.get(member.pk, ())),
            sum(spoken.get(identity.pk, 0) for identity in identities.get(member.pk, ())),
        )
        for member in shown
    ]


# ---------------------------------------------------------------- one of them
@dataclass(frozen=True, slots=True)
class Place:
    """A group that the member is or was in."""

    group: Group
    stay: Any


@dataclass(frozen=True, slots=True)
class ShownDay:
    """One day of the timeline with the groups themselves instead of their ids."""

    day: date
    said: Sequence[tuple[Group, int]]
    turns: Sequence[tuple[Group, Any]]


def member(request: StaffRequest, member_id: int) -> HttpResponse:
    """Who this is; the timeline alone where an older part of it is asked for."""
    actor = request.actor
    before = _day(request.GET["before"]) if request.GET.get("before") else None
    past = timeline.timeline(actor, member_id, before=before)
    stays = selectors.stays(actor, [member_id])
    groups = {each.pk: each for each in community.groups_in_order(actor, sorted({stay.group_id for stay in stays}))}
    context = {
        "member": selectors.member(actor, member_id),
        "days": [_shown(day, groups) for day in past.days],
        "before": past.before,
        "first": before is None,
    }
    if request.GET.get("piece") == "timeline":
        return render(request, "console/members/days.html", context)
    now, then = _places(stays, groups)
    return render(request, "console/members/one.html", {**context, "now": now, "then": then})


def _places(stays: Sequence[Any], groups: dict[int, Group]) -> tuple[list[Place], list[Place]]:
    """Where the member is, and where they only were."""
    now = [Place(groups[stay.group_id], stay) for stay in stays if stay.left_at is None]
    here = {place.group.pk for place in now}
    then: dict[int, Place] = {}
    for stay in stays:
        if stay.group_id not in here:
            then.setdefault(stay.group_id, Place(groups[stay.group_id], stay))
    return now, list(then.values())


def _shown(day: timeline.TimelineDay, groups: dict[int, Group]) -> ShownDay:
    return ShownDay(
        day.day,
        [(groups[group_id], count) for group_id, count in day.said.items() if group_id in groups],
        [(groups[turn.group_id], turn) for turn in day.turns if turn.group_id in groups],
    )


def said_on(request: StaffRequest, member_id: int, group_id: int, day: str) -> HttpResponse:
    """What a member said in one group on one day."""
    person = selectors.member(request.actor, member_id)
    lines = said.said_on(request.actor, group_id, [each.pk for each in person.identities.all()], _day(day))
    context = {"lines": lines, "zone": ZoneInfo(community.zones(request.actor, [group_id])[group_id])}
    return render(request, "console/members/said.html", context)


def _day(text: str) -> date:
    """A date in an address."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound from error


urlpatterns = [
    path("members/", members, name="members"),
    path("members/<int:member_id>/", member, name="member"),
    path("members/<int:member_id>/said/<int:group_id>/<str:day>/", said_on, name="member_said"),
]
