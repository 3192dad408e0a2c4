"""A member's own pages: the community, what is stored, being left in peace, and whom to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from qunce.chat.connector import connectors
from qunce.chat.selectors import activity
from qunce.community import selectors as community
from qunce.content.selectors import sessions
from qunce.content.types import SessionState
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.memberpages.doors import MemberRequest, door, keep, own, show, visit_of, visits_of
from qunce.memberpages.frame import page_of
from qunce.members import actions, selectors
from qunce.playbooks import actions as playbooks
from qunce.playbooks import selectors as scripts

YEAR = 31_536_000


# ---------------------------------------------------------------- the way in
@door
@require_safe
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """What the link leads to: a page with a button, so that no preview of a chat app opens it first."""
    link = selectors.link_to_open(token)
    if visit_of(request, link.ref) is not None:
        return redirect("memberpages:home", link.ref)
    if link.bound_hash:
        raise NotFound
    name = community.community(SYSTEM, link.community_id).name
    return show(request, "memberpages/enter.html", {"token": token, "community": name})


@door
@require_POST
@sensitive_post_parameters("token")
def enter_now(request: HttpRequest) -> HttpResponse:
    """The button: from now on the link is this browser's."""
    link, secret = actions.open_link(token=request.POST.get("token", ""))
    response = redirect("memberpages:home", link.ref)
    keep(request, response, link, secret)
    return response


# ---------------------------------------------------------------- the pages
@dataclass(frozen=True, slots=True)
class Place:
    """A group that the member is or was in, and how much they have said there."""

    group: community.Group
    joined_at: datetime | None
    seen_at: datetime
    left_at: datetime | None
    nickname: str
    source: str
    said: int


def _places(request: MemberRequest) -> tuple[selectors.OwnRecord, list[Place]]:
    record = selectors.own_record(request.visit)
    ids = sorted({stay.group_id for stay in record.stays})
    groups = {each.pk: each for each in community.groups_in_order(SYSTEM, ids)}
    said = activity.said_in_all([each.pk for each in record.identities], ids)
    places = [
        Place(
            groups[stay.group_id],
            stay.joined_at,
            stay.seen_at,
            stay.left_at,
            stay.nickname,
            stay.source,
            said.get(stay.group_id, 0),
        )
        for stay in record.stays
        if stay.group_id in groups
    ]
    return record, places


@own
@require_safe
def home(request: MemberRequest) -> HttpResponse:
    """The community, why it is there, and which of its groups the member is in."""
    record, places = _places(request)
    now = [place for place in places if place.left_at is None]
    written = sessions.scribed_by(request.visit)
    waiting = {
        "drafts": sum(row.state == SessionState.DRAFTED for row in written),
        "written": len(written),
        "quoted": len(sessions.asked_of(request.visit)),
    }
    return page_of(request, "home", now=now, since=record.since, **waiting)


@own
@require_safe
def stored(request: MemberRequest) -> HttpResponse:
    """Everything that is stored about the member in this community."""
    record, places = _places(request)
    context: dict[str, Any] = {
        "identities": [(each, _platform(each.platform)) for each in record.identities],
        "places": places,
        "said": sum({place.group.pk: place.said for place in places}.values()),
    }
    return page_of(request, "stored", **context)


def _platform(key: str) -> str:
    kind = connectors.get(key)
    return _(kind.title) if kind else key


@own
@require_safe
def stored_file(request: MemberRequest) -> HttpResponse:
    """The same as a file."""
    record, places = _places(request)
    response = JsonResponse(
        _as_json(request, record.identities, places), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = 'attachment; filename="stored-about-me.json"'
    return response


def _as_json(request: MemberRequest, identities: Sequence[Any], places: Sequence[Place]) -> dict[str, object]:
    member = request.visit.member
    return {
        "community": request.community.name,
        "as_of": clock.now().isoformat(),
        "name": member.name,
        "known_since": member.created_at.isoformat(),
        "muted_since": member.muted_at and member.muted_at.isoformat(),
        "accounts": [
            {
                "platform": each.platform,
                "id": each.external_id,
                "name": each.name,
                "known_since": each.created_at.isoformat(),
            }
            for each in identities
        ],
        "groups": [
            {
                "group": place.group.name,
                "joined": place.joined_at and place.joined_at.isoformat(),
                "first_seen": place.seen_at.isoformat(),
                "left": place.left_at and place.left_at.isoformat(),
                "nickname": place.nickname,
                "came_by": place.source,
                "messages_counted": place.said,
            }
            for place in places
        ],
    }


# ---------------------------------------------------------------- turns
@door
@require_safe
def my_turns(request: HttpRequest) -> HttpResponse:
    """The address that is told in groups, the same for everybody: it leads whom this browser knows to their turns."""
    found = next((visit for visit in visits_of(request) if scripts.takes_turns(visit)), None)
    if found is not None:
        return redirect("memberpages:turns", found.link.ref)
    return show(request, "memberpages/closed.html", {"stranger": True})


@own
@require_safe
def turns(request: MemberRequest) -> HttpResponse:
    """The visitor's turns, and those that others would like to give to them."""
    return page_of(request, "turns", rotas=scripts.own_rotas(request.visit))


@own
@require_POST
def turn(request: MemberRequest, rota_id: int) -> HttpResponse:
    """What the visitor decides about one of their turns, or about days on which they cannot."""
    given = request.POST
    try:
        match given.get("do"):
            case "accept":
                playbooks.accept_own_turn(visit=request.visit, rota_id=rota_id, day=_day(given.get("day", "")))
            case "cannot":
                playbooks.decline_own_turn(visit=request.visit, rota_id=rota_id, day=_day(given.get("day", "")))
            case "offer":
                _offer(request, rota_id)
            case "keep":
                playbooks.take_back_offer(visit=request.visit, rota_id=rota_id, day=_day(given.get("day", "")))
            case "take" if given.get("offer", "").isdecimal():
                playbooks.accept_offer(visit=request.visit, offer_id=int(given["offer"]))
            case "away":
                since, until = (_day(given[name]) if given.get(name) else None for name in ("since", "until"))
                playbooks.set_own_away(visit=request.visit, rota_id=rota_id, since=since, until=until)
            case _:
                raise NotFound
    except (Conflict, Invalid) as error:
        shown = {"rotas": scripts.own_rotas(request.visit), "error": error.message, "fix": error.fix}
        return page_of(request, "turns", **shown)
    return redirect("memberpages:turns", request.visit.link.ref)


def _offer(request: MemberRequest, rota_id: int) -> None:
    """``whom``: ``all``, ``member:7``, or ``day:2026-12-24`` for whoever has that one."""
    kind, _colon, chosen = request.POST.get("whom", "").partition(":")
    playbooks.offer_turn(
        visit=request.visit,
        rota_id=rota_id,
        day=_day(request.POST.get("day", "")),
        to_member=int(chosen) if kind == "member" and chosen.isdecimal() else None,
        other=_day(chosen) if kind == "day" else None,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(_("This is no day."), fix=_("Write it as 2026-12-24."), field="day") from None


@own
def mute(request: MemberRequest) -> HttpResponse:
    """Not to be mentioned, chased or written to; and again, if the member wants it."""
    if request.method == "POST":
        actions.set_muted(visit=request.visit, muted=request.POST.get("muted") == "yes")
        return redirect("memberpages:mute", request.visit.link.ref)
    return page_of(request, "mute")


@own
@require_safe
def about(request: MemberRequest) -> HttpResponse:
    """What this is, and whom to ask."""
    return page_of(request, "about", link=request.visit.link)


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read these pages in another language."""
    back = request.POST.get("next", "")
    safe = back.startswith("/m/") and url_has_allowed_host_and_scheme(back, {request.get_host()})
    response = redirect(back if safe else "/")
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=YEAR,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response
