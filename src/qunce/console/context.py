"""What every page of the console knows: who looks at it, where it stands, and how to get elsewhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qunce.chat.selectors import by_hand
from qunce.kernel.actor import Actor, Permission
from qunce.team.selectors import NOBODY, Staff


class StaffRequest(HttpRequest):
    """A request as views of the console get it: from a staff member who has signed in."""

    user: Staff
    actor: Actor
    zone: ZoneInfo
    navigation: "list[tuple[str | Promise, list[Link]]]"


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation: shown to whoever holds ``needs``, anywhere or for the whole installation."""

    name: str
    title: str | Promise
    icon: str
    needs: Permission = Permission.VIEW
    everywhere: bool = False
    thumb: bool = False  # within the thumb's reach: also in the bar at the bottom of a phone
    where: Callable[[Actor], bool] | None = None  # asked instead, where that depends on what there is

    def open_to(self, actor: Actor) -> bool:
        """Whether the actor finds something there. The page itself guards what it shows."""
        if self.where is not None:
            return self.where(actor)
        return actor.may(self.needs) if self.everywhere else actor.may_anywhere(self.needs)


NAVIGATION: tuple[tuple[str | Promise, tuple[Place, ...]], ...] = (
    (
        "",
        (Place("today", _("Today"), "sunrise", thumb=True),),
    ),
    (
        _("Operate"),
        (
            Place("inbox", _("Inbox"), "inbox", thumb=True),
            Place("communities", _("Communities"), "building-community"),
            Place("groups", _("Groups"), "messages", thumb=True),
            Place("members", _("Members"), "users"),
            Place("broadcasts", _("Broadcasts"), "speakerphone", thumb=True),
            Place("playbooks", _("Playbooks"), "script"),
            Place("calendar", _("Calendar"), "calendar-week"),
            Place("tasks", _("Tasks"), "checkbox", thumb=True),
            Place("by_hand", _("By hand"), "hand-move", where=by_hand.has_list),
            Place("rotas", _("Turns"), "rotate-clockwise"),
            Place("keyword_replies", _("Keyword replies"), "message-reply"),
            Place("library", _("Content"), "books"),
        ),
    ),
    (
        _("Learn"),
        (
            Place("insights", _("Insights"), "chart-dots"),
            Place("reports", _("Reports"), "report-analytics"),
            Place("histories", _("Histories"), "file-import", Permission.LEAD),
        ),
    ),
    (
        _("Set up"),
        (
            Place("sandbox", _("Sandbox"), "flask", Permission.OPERATE, everywhere=True),
            Place("accounts", _("Accounts"), "plug-connected", Permission.OPERATE, everywhere=True),
            Place("staff", _("Staff"), "id-badge-2", Permission.LEAD),
            Place("audit", _("Audit"), "history", Permission.LEAD),
            Place("doctor", _("Doctor"), "stethoscope", Permission.OPERATE, everywhere=True),
        ),
    ),
)


THEMES = (("light", _("Light"), "sun"), ("dark", _("Dark"), "moon"), ("auto", _("As the device"), "sun-moon"))


@dataclass(frozen=True, slots=True)
class Link:
    """A place as shown on one page. ``here``: ``page`` where it is this page, ``true`` where this page is inside."""

    place: Place
    url: str
    here: str


def _here(url: str, path: str) -> str:
    if path == url:
        return "page"
    return "true" if url != "/" and path.startswith(url) else ""


def _links(places: tuple[Place, ...], request: StaffRequest) -> Iterator[Link]:
    for place in places:
        if not place.open_to(request.actor):
            continue
        url = reverse(f"console:{place.name}")
        yield Link(place, url, _here(url, request.path))


def navigation(request: StaffRequest) -> list[tuple[str | Promise, list[Link]]]:
    """The sections of the navigation that hold something for this actor; found once per page."""
    if not hasattr(request, "navigation"):
        sections = ((title, list(_links(places, request))) for title, places in NAVIGATION)
        request.navigation = [(title, links) for title, links in sections if links]
    return request.navigation


def thumb_links(request: StaffRequest) -> list[Link]:
    """The few links at the bottom of a phone."""
    return [link for _title, links in navigation(request) for link in links if link.place.thumb]


def languages() -> list[tuple[str, str]]:
    """The languages of the console, each in its own words."""
    return [(code, translation.get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]


def theme_of(request: HttpRequest) -> str:
    """Light, dark, or as the device has it (``auto``)."""
    kept = getattr(request.user, "theme", "") or request.COOKIES.get("theme", "")
    return kept if kept in {"light", "dark"} else "auto"


def console(request: HttpRequest) -> dict[str, object]:
    """Context processor; what costs something is computed where a template asks for it."""
    signed_in = getattr(request, "actor", NOBODY) is not NOBODY
    return {
        "path": request.path,
        "frame": "console/base.html" if signed_in else "console/plain.html",
        "navigation": partial(navigation, cast("StaffRequest", request)),
        "thumb_links": partial(thumb_links, cast("StaffRequest", request)),
        "theme": theme_of(request),
        "themes": THEMES,
        "languages": languages(),
        "language": translation.get_language(),
        "zone": getattr(request, "zone", None),
    }
