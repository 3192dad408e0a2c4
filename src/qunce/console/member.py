"""One member: who this is, what happened, what the team knows, and what is next."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.chat.selectors import messages as said
from qunce.chat.selectors import timeline
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.console.context import StaffRequest
from qunce.console.live import topic
from qunce.console.playbooks import walks
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound, QunceError
from qunce.kernel.htmx import go
from qunce.members import actions, selectors
from qunce.members.selectors import Entry, Member, Who
from qunce.members.types import Colleague, EntryKind, NextStep
from qunce.team import selectors as team


@topic("member")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see the member."""
    return key.isdecimal() and selectors.visible_members(actor).filter(pk=int(key)).exists()


@dataclass(frozen=True, slots=True)
class Place:
    """A group that the member is or was in, and who brought them."""

    group: Group
    stay: Any
    inviter: Who | None


@dataclass(frozen=True, slots=True)
class ShownDay:
    """One day of the timeline with the groups themselves instead of their ids, and what was done in words."""

    day: date
    said: Sequence[tuple[Group, int]]
    turns: Sequence[tuple[Group, Any]]
    entries: Sequence[tuple[Entry, str, str]]


# ---------------------------------------------------------------- the page
def member(request: StaffRequest, member_id: int) -> HttpResponse:
    """Who this is; the timeline alone where an older part of it is asked for."""
    actor = request.actor
    person = selectors.member(actor, member_id)
    if person.pk != member_id:
        return go(request, "console:member", person.pk)
    before = day_of(request.GET["before"]) if request.GET.get("before") else None
    past = timeline.timeline(actor, person.pk, before=before)
    stays = selectors.stays(actor, [person.pk])
    groups = {each.pk: each for each in community.groups_in_order(actor, sorted({stay.group_id for stay in stays}))}
    context: dict[str, Any] = {
        "member": person,
        "days": [_shown(day, groups) for day in past.days],
        "before": past.before,
        "first": before is None,
    }
    if request.GET.get("piece") == "timeline":
        return render(request, "console/members/days.html", context)
    now, then = _places(stays, groups)
    profile = selectors.profile(person)
    context |= {
        "profile": profile,
        "now": now,
        "then": then,
        "sayings": timeline.sayings(actor, person),
        "notes": selectors.notes([person.pk]).get(person.pk, [])[::-1],
        "alike": selectors.alike(actor, person),
        "merged": _just_merged(request, profile),
        "tags": [tag for tag in selectors.tags(actor) if tag not in profile.tags],
        "colleagues": team.who_may(actor, Permission.REPLY, {group.community_id or 0 for group in groups.values()}),
        "overdue": bool(profile.step and profile.step.due and profile.step.due < clock.today(str(request.zone))),
        "may_operate": selectors.may(actor, person, Permission.OPERATE),
        "may_note": selectors.may(actor, person, Permission.REPLY),
        "leads": selectors.may(actor, person, Permission.LEAD),
    }
    context["walks"] = walks.of_member(request.actor, member_id)
    return render(request, "console/members/one.html", context)


def _just_merged(request: StaffRequest, profile: selectors.Profile) -> Member | None:
    """Who was merged a moment ago: it can be undone at once."""
    key = request.GET.get("merged", "")
    return next((row for row in profile.merged if str(row.pk) == key), None)


def _places(stays: Sequence[Any], groups: dict[int, Group]) -> tuple[list[Place], list[Place]]:
    """Where the member is, and where they only were."""
    inviters = selectors.who([stay.inviter_id for stay in stays if stay.inviter_id])
    places = [
        Place(groups[stay.group_id], stay, inviters.get(stay.inviter_id)) for stay in stays if stay.group_id in groups
    ]
    now: dict[int, Place] = {}
    then: dict[int, Place] = {}
    for place in places:  # whoever is there with two accounts is there once
        (now if place.stay.left_at is None else then).setdefault(place.group.pk, place)
    return list(now.values()), [place for key, place in then.items() if key not in now]


def _shown(day: timeline.TimelineDay, groups: dict[int, Group]) -> ShownDay:
    return ShownDay(
        day.day,
        [(groups[group_id], count) for group_id, count in day.said.items() if group_id in groups],
        [(groups[turn.group_id], turn) for turn in day.turns if turn.group_id in groups],
        [(entry, _ICONS[EntryKind(entry.kind)], _sentence(entry)) for entry in day.entries],
    )


_ICONS = {
    EntryKind.NOTE: "note",
    EntryKind.TAGGED: "tag",
    EntryKind.UNTAGGED: "tag-off",
    EntryKind.RENAMED: "signature",
    EntryKind.MERGED: "arrow-merge",
    EntryKind.SEPARATED: "arrows-split",
    EntryKind.CORE: "star",
    EntryKind.NO_CORE: "star-off",
    EntryKind.TEAM: "id-badge-2",
    EntryKind.NO_TEAM: "id-badge-off",
    EntryKind.NAMED: "user-heart",
    EntryKind.UNNAMED: "user-off",
    EntryKind.STEP: "arrow-right-circle",
    EntryKind.STEP_DONE: "circle-check",
    EntryKind.STEP_DROPPED: "circle-x",
}


def _sentence(entry: Entry) -> str:
    """What was done, in words."""
    said = {
        EntryKind.NOTE: _("%(who)s noted: %(text)s"),
        EntryKind.TAGGED: _("%(who)s put the tag “%(text)s” on"),
        EntryKind.UNTAGGED: _("%(who)s took the tag “%(text)s” off"),
        EntryKind.RENAMED: _("%(who)s named them “%(text)s”"),
        EntryKind.MERGED: _("%(who)s merged “%(text)s” into them"),
        EntryKind.SEPARATED: _("%(who)s separated them from “%(text)s”"),
        EntryKind.CORE: _("%(who)s made them a core member"),
        EntryKind.NO_CORE: _("%(who)s counted them no longer as a core member"),
        EntryKind.TEAM: _("%(who)s noted that they belong to the team"),
        EntryKind.NO_TEAM: _("%(who)s noted that they do not belong to the team"),
        EntryKind.NAMED: _("%(who)s named %(text)s for them"),
        EntryKind.UNNAMED: _("%(who)s named nobody any more for them"),
        EntryKind.STEP: _("%(who)s wrote down what is next: %(text)s"),
        EntryKind.STEP_DONE: _("%(who)s did what was next: %(text)s"),
        EntryKind.STEP_DROPPED: _("%(who)s dropped what was next: %(text)s"),
    }[EntryKind(entry.kind)]
    return said % {"who": entry.by_name, "text": entry.text}


def said_on(request: StaffRequest, member_id: int, group_id: int, day: str) -> HttpResponse:
    """What a member said in one group on one day."""
    person = selectors.member(request.actor, member_id)
    lines = said.said_on(request.actor, group_id, [each.pk for each in person.identities.all()], day_of(day))
    context = {"lines": lines, "zone": ZoneInfo(community.zones(request.actor, [group_id])[group_id])}
    return render(request, "console/members/said.html", context)


def day_of(text: str) -> date:
    """A date in an address."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound from error


# ---------------------------------------------------------------- what the team puts on them
def _do(request: StaffRequest, member_id: int, change: Callable[[], object], said: str) -> HttpResponse:
    """Carry out a change, say so, and show the member again."""
    try:
        change()
    except NotFound:
        raise
    except QunceError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return go(request, "console:member", member_id)


def _colleague(request: StaffRequest, member_id: int, name: str) -> Colleague | None:
    """The person chosen in a form, who may serve where the member is; None for nobody."""
    chosen = request.POST.get(name, "")
    if not chosen:
        return None
    stays = selectors.stays(request.actor, [selectors.member(request.actor, member_id).pk])
    homes: Collection[int] = {
        group.community_id or 0
        for group in community.groups_in_order(request.actor, sorted({stay.group_id for stay in stays}))
    }
    for staff in team.who_may(request.actor, Permission.REPLY, homes):
        if str(staff.pk) == chosen:
            return Colleague(staff.pk, staff.name)
    raise NotFound


@require_POST
def rename(request: StaffRequest, member_id: int) -> HttpResponse:
    """A name of our own."""
    name = request.POST.get("name", "")
    change = _later(actions.rename_member, request, member_id, name=name)
    return _do(request, member_id, change, _("They are called that from now on."))


def _later(
    action: Callable[..., object], request: StaffRequest, member_id: int, **values: Any
) -> Callable[[], object]:
    return lambda: action(actor=request.actor, member_id=member_id, **values)


@require_POST
def tag(request: StaffRequest, member_id: int) -> HttpResponse:
    """``add``: put tags on (several with commas between); ``remove``: take one off."""
    added = request.POST.get("add", "").replace("，", ",").replace("、", ",").split(",")
    removed = request.POST.getlist("remove")
    change = _later(actions.tag_member, request, member_id, add=added, remove=removed)
    return _do(request, member_id, change, _("Tags changed."))


@require_POST
def note(request: StaffRequest, member_id: int) -> HttpResponse:
    """Write a note."""
    change = _later(actions.add_note, request, member_id, text=request.POST.get("text", ""))
    return _do(request, member_id, change, _("Noted."))


@require_POST
def note_remove(request: StaffRequest, member_id: int, entry_id: int) -> HttpResponse:
    """Take a note away."""
    change = _later(actions.remove_note, request, member_id, entry_id=entry_id)
    return _do(request, member_id, change, _("The note is gone."))


@require_POST
def standing(request: StaffRequest, member_id: int) -> HttpResponse:
    """``core`` or ``team``: 1 or 0."""
    if "team" in request.POST:
        change = _later(actions.set_team, request, member_id, team=request.POST["team"] == "1")
    else:
        change = _later(actions.set_core, request, member_id, core=request.POST.get("core") == "1")
    return _do(request, member_id, change, _("Saved."))


@require_POST
def named(request: StaffRequest, member_id: int) -> HttpResponse:
    """Who keeps in touch."""
    colleague = _colleague(request, member_id, "named")
    change = _later(actions.name_colleague, request, member_id, colleague=colleague)
    return _do(request, member_id, change, _("Saved."))


@require_POST
def step(request: StaffRequest, member_id: int) -> HttpResponse:
    """What is next, until when, by whom."""
    due = request.POST.get("due", "")
    wanted = NextStep(
        request.POST.get("text", ""), day_of(due) if due else None, _colleague(request, member_id, "by")
    )
    return _do(request, member_id, _later(actions.set_next_step, request, member_id, step=wanted), _("Saved."))


@require_POST
def step_finish(request: StaffRequest, member_id: int) -> HttpResponse:
    """``done=1``: it is done; else it is dropped."""
    done = request.POST.get("done") == "1"
    change = _later(actions.finish_step, request, member_id, done=done)
    return _do(request, member_id, change, _("Done. What is next?") if done else _("Dropped."))


urlpatterns = [
    path("members/<int:member_id>/", member, name="member"),
    path("members/<int:member_id>/said/<int:group_id>/<str:day>/", said_on, name="member_said"),
    path("members/<int:member_id>/rename/", rename, name="member_rename"),
    path("members/<int:member_id>/tags/", tag, name="member_tag"),
    path("members/<int:member_id>/notes/", note, name="member_note"),
    path("members/<int:member_id>/notes/<int:entry_id>/remove/", note_remove, name="member_note_remove"),
    path("members/<int:member_id>/standing/", standing, name="member_standing"),
    path("members/<int:member_id>/named/", named, name="member_named"),
    path("members/<int:member_id>/step/", step, name="member_step"),
    path("members/<int:member_id>/step/finish/", step_finish, name="member_step_finish"),
]
