"""The sandbox: a chat in the browser where everything works without any platform, and nothing leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.chat import actions as chat
from qunce.chat import selectors
from qunce.chat.selectors import AccountView, seats
from qunce.chat.selectors import messages as said
from qunce.chat.types import LONGEST_TEXT
from qunce.community import actions as community
from qunce.community import selectors as groups
from qunce.community.selectors import Group
from qunce.community.types import CommunityProfile, GroupFilter
from qunce.console.context import StaffRequest
from qunce.desk import actions as desk
from qunce.desk import selectors as rules
from qunce.desk.types import Match, RuleDraft, RuleFilter
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.htmx import go, is_partial
from qunce.members import selectors as members
from qunce.members.selectors import Identity

PLATFORM = "sandbox"
LINES = 60
LONGEST_NAME = 40
TAKEN_WITHIN = timedelta(seconds=20)
Room = Mapping[str, Any]


# ---------------------------------------------------------------- setting one up
def _people() -> list[tuple[str, str]]:
    """Three members one can speak as: ids of their own in every sandbox, and names."""
    return [(f"u-{uuid4().hex[:8]}", name) for name in (_("Xiaoyu"), _("Aqiang"), _("Linlin"))]


def set_up(actor: Actor) -> int:
    """An account, a community with two rooms and three members, and a keyword that is answered; returns a room."""
    account = chat.connect_account(actor=actor, platform=PLATFORM, name=_("Sandbox"), config={"name": "Qunce"})
    try:
        chat.check_account(actor=actor, account_id=account.pk)
    except Conflict:
        chat.remove_account(actor=actor, account_id=account.pk)
        raise
    people = _people()
    rooms = [{"id": f"r-{uuid4().hex[:8]}", "name": name} for name in (_("Morning readers"), _("Weekend runners"))]
    for room in rooms:
        _post(account.pk, {"kind": "room", "room": {**room, "members": len(people)}})
    profile = CommunityProfile(
        name=_free_name(actor),
        purpose=_("To try Qunce without any platform."),
        languages=(get_language() or "zh-hans",),
    )
    home = community.create_community(actor=actor, profile=profile)
    found = {group.external_id: group for group in groups.visible_groups(actor).filter(platform=PLATFORM)}
    ids = [found[room["id"]].pk for room in rooms]
    chat.adopt(actor=actor, community_id=home.pk, group_ids=ids)
    for room in rooms:
        _enter(account.pk, room, people)
    keywords, answer = (_("sign up"), _("how to join")), _("Sign up here, {name}: https://example.org/join")
    draft = RuleDraft(keywords=keywords, answer=answer, match=Match.CONTAINS, community_id=home.pk)
    desk.create_rule(actor=actor, draft=draft)
    return ids[0]


def _free_name(actor: Actor) -> str:
    taken = set()
    for archived in (False, True):
        taken |= set(groups.visible_communities(actor, archived=archived).values_list("name", flat=True))
    name, number = _("Sandbox"), 1
    while name in taken:
        number += 1
        name = f"{_('Sandbox')} {number}"
    return name


# ---------------------------------------------------------------- posting what a platform would
def _post(account_id: int, payload: Room) -> None:
    """One raw payload, taken in as if it had come by webhook."""
    chat.receive(account_id=account_id, raw={"at": clock.now().isoformat(), **payload})


def _enter(account_id: int, room: Room, people: Sequence[tuple[str, str]]) -> None:
    for key, name in people:
        _post(account_id, {"kind": "join", "room": room, "sender": {"id": key, "name": name}})


@dataclass(frozen=True, slots=True)
class Place:
    """A sandbox room that this person may speak in, with the account that reads it and who is in it."""

    group: Group
    home: int
    account_id: int
    people: Sequence[Identity]

    @property
    def room(self) -> Room:
        """As payloads name it."""
        return {"id": self.group.external_id, "name": self.group.name}

    def post(self, **payload: object) -> None:
        """Something happens in this room."""
        _post(self.account_id, {"room": self.room, **payload})

    def count(self, more: int) -> None:
        """The platform says how many are in it now."""
        room = {**self.room, "members": max(0, len(self.people) + more)}
        _post(self.account_id, {"kind": "room", "room": room})

    def who(self, key: str) -> dict[str, str]:
        """A member of the room as payloads name them. Raises NotFound."""
        for identity in self.people:
            if identity.external_id == key:
                return {"id": key, "name": identity.name}
        raise NotFound


def _rooms(actor: Actor) -> list[Group]:
    actor.require(Permission.OPERATE)
    return list(groups.find_groups(actor, GroupFilter(platform=PLATFORM), Permission.OPERATE))


def _place(request: StaffRequest, group_id: int) -> Place:
    request.actor.require(Permission.OPERATE)
    group = groups.group(request.actor, group_id, Permission.OPERATE)
    seated = seats.of_groups(request.actor, [group_id]).get(group_id, ())
    reader = next((seat.account for seat in seated if seat.reads), None)
    if group.platform != PLATFORM or reader is None or group.community_id is None:
        raise NotFound
    people = [each for each in members.present(request.actor, group_id) if not _ours(each, reader.external_id)]
    return Place(group, group.community_id, reader.pk, people)


def _ours(identity: Identity, external_id: str) -> bool:
    return identity.is_bot or identity.external_id == external_id


# ---------------------------------------------------------------- pages
def sandbox(request: StaffRequest) -> HttpResponse:
    """Straight into the first room; where there is none yet, what one gets and the button that makes it."""
    rooms = _rooms(request.actor)
    if rooms:
        return go(request, "console:sandbox_room", rooms[0].pk)
    return render(request, "console/chat/sandbox_empty.html", {"may_make": request.actor.may(Permission.ADMINISTER)})


@require_POST
def make(request: StaffRequest) -> HttpResponse:
    """One click: everything that is needed to try it."""
    rooms = _rooms(request.actor)
    return go(request, "console:sandbox_room", rooms[0].pk if rooms else set_up(request.actor))


def room(request: StaffRequest, group_id: int) -> HttpResponse:
    """A conversation: choose who speaks, speak, and see what Qunce does."""
    place = _place(request, group_id)
    speaker = request.GET.get("as") or (place.people[0].external_id if place.people else "")
    context = {
        "place": place,
        "rooms": _rooms(request.actor),
        "speaker": speaker,
        "lines": _lines(request.actor, group_id),
        "tries": _tries(request.actor, place.home),
        "served": _is_served(selectors.one_account(request.actor, place.account_id)),
    }
    return render(request, "console/chat/sandbox.html", context)


def _is_served(view: AccountView) -> bool:
    """Whether a gateway has it, or has not had the time to take it yet."""
    return bool(view.held_by) or clock.now() - view.account.state_at < TAKEN_WITHIN


def talk(request: StaffRequest, group_id: int) -> HttpResponse:
    """The conversation alone, read anew when the room has changed."""
    place = _place(request, group_id)
    context = {"place": place, "lines": _lines(request.actor, group_id)}
    return render(request, "console/chat/sandbox_talk.html", context)


def _lines(actor: Actor, group_id: int) -> list[said.Line]:
    return list(reversed(said.latest(actor, group_id, size=LINES).items))


def _tries(actor: Actor, home: int) -> list[str]:
    """Keywords that are answered here, to be tried with one click."""
    wanted = RuleFilter(community_id=home, enabled=True)
    return [rule.keywords[0] for rule in rules.visible_rules(actor, wanted)[:3]]


@require_POST
def say(request: StaffRequest, group_id: int) -> HttpResponse:
    """A member says something."""
    place = _place(request, group_id)
    text = request.POST.get("text", "").strip()[:LONGEST_TEXT]
    if text:
        place.post(kind="message", id=f"m-{uuid4().hex}", sender=place.who(request.POST.get("as", "")), text=text)
    return _talk_on(request, group_id)


@require_POST
def alter(request: StaffRequest, group_id: int) -> HttpResponse:
    """A member takes a message back, or (with a text) says it differently."""
    place = _place(request, group_id)
    message, text = request.POST.get("message", ""), request.POST.get("text", "").strip()[:LONGEST_TEXT]
    if text:
        place.post(kind="edit", message=message, text=text)
    elif message:
        place.post(kind="delete", message=message)
    return _talk_on(request, group_id)


def _talk_on(request: StaffRequest, group_id: int) -> HttpResponse:
    """The conversation with what was just said; the whole page where no script asked."""
    return talk(request, group_id) if is_partial(request) else go_as(request, group_id, request.POST.get("as", ""))


@require_POST
def join(request: StaffRequest, group_id: int) -> HttpResponse:
    """Somebody new enters."""
    place = _place(request, group_id)
    name = _given_name(request)
    key = f"u-{uuid4().hex[:8]}"
    place.post(kind="join", sender={"id": key, "name": name})
    place.count(+1)
    messages.success(request, _("%(name)s has joined.") % {"name": name})
    return go_as(request, group_id, key)


@require_POST
def leave(request: StaffRequest, group_id: int) -> HttpResponse:
    """A member goes."""
    place = _place(request, group_id)
    who = place.who(request.POST.get("as", ""))
    place.post(kind="leave", sender=who)
    place.count(-1)
    messages.success(request, _("%(name)s has left.") % {"name": who["name"]})
    return go(request, "console:sandbox_room", group_id)


@require_POST
def open_room(request: StaffRequest, group_id: int) -> HttpResponse:
    """Another room in the same community, with the same members."""
    place = _place(request, group_id)
    new = {"id": f"r-{uuid4().hex[:8]}", "name": _given_name(request)}
    _post(place.account_id, {"kind": "room", "room": {**new, "members": len(place.people)}})
    found = groups.visible_groups(request.actor).get(platform=PLATFORM, external_id=new["id"])
    chat.adopt(actor=request.actor, community_id=place.home, group_ids=[found.pk])
    _enter(place.account_id, new, [(each.external_id, each.name) for each in place.people])
    return go(request, "console:sandbox_room", found.pk)


def _given_name(request: StaffRequest) -> str:
    name = " ".join(request.POST.get("name", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(_("Give a name of at most %(count)d characters.") % {"count": LONGEST_NAME}, field="name")
    return name


def go_as(request: StaffRequest, group_id: int, key: str) -> HttpResponse:
    """Back to the room, speaking as this member."""
    answer = go(request, "console:sandbox_room", group_id)
    header = "HX-Redirect" if "HX-Redirect" in answer else "Location"
    answer[header] = f"{answer[header]}?{urlencode({'as': key})}"
    return answer


urlpatterns = [
    path("sandbox/", sandbox, name="sandbox"),
    path("sandbox/new/", make, name="sandbox_new"),
    path("sandbox/<int:group_id>/", room, name="sandbox_room"),
    path("sandbox/<int:group_id>/talk/", talk, name="sandbox_talk"),
    path("sandbox/<int:group_id>/say/", say, name="sandbox_say"),
    path("sandbox/<int:group_id>/alter/", alter, name="sandbox_alter"),
    path("sandbox/<int:group_id>/join/", join, name="sandbox_join"),
    path("sandbox/<int:group_id>/leave/", leave, name="sandbox_leave"),
    path("sandbox/<int:group_id>/open/", open_room, name="sandbox_open"),
]
