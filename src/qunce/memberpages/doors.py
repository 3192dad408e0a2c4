"""Who gets in: the browser that opened the link first. Everybody else meets the same page, whatever the reason.

Nothing of these pages is kept by anybody on the way, found by search engines, or told to the next site. A token is
never in the address of what is posted, and never in our log.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import wraps
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_variables

from qunce.community import selectors as community
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import NotFound
from qunce.kernel.limits import Limit
from qunce.members import actions, selectors
from qunce.members.selectors import MemberLink, Visit

SALT, PREFIX = "member pages", "member"
guesses = Limit(most=20, per=timedelta(minutes=10))
"""Links that do not open, per address; who is in already is not hindered by them."""


class MemberRequest(HttpRequest):
    """A request as the pages of a member get it."""

    visit: Visit
    community: community.Community


Page = Callable[..., HttpResponse]


def private(response: HttpResponse) -> HttpResponse:
    """With the headers that keep it between us and this browser."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "same-origin"
    response["Vary"] = "Cookie"
    return response


def show(request: HttpRequest, template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """Render a page of ours."""
    about = {
        "languages": [
            (code, translation.get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES
        ],
        "language": translation.get_language(),
        "back": request.path if request.method == "GET" else "/m/closed/",
        "version": settings.VERSION,
    }
    return render(request, template, {**about, **context}, status=status)


def closed(request: HttpRequest, status: int = 404) -> HttpResponse:
    """The page for all links that do not open here. Not logged: its address may hold somebody's token."""
    response = show(request, "memberpages/closed.html", {"busy": status != HTTP_NOT_FOUND}, status=status)
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 (Django would log the address)
    return response


HTTP_NOT_FOUND, HTTP_TOO_MANY = 404, 429


def door(view: Page) -> Page:
    """A page that anybody may ask for: guesses are counted, and what is found out stays here."""

    @login_not_required
    @wraps(view)
    @sensitive_variables("token", "secret")
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        address = str(request.META.get("REMOTE_ADDR", ""))
        if guesses.reached(address):
            response = closed(request, HTTP_TOO_MANY)
            response["Retry-After"] = "600"
            return private(response)
        try:
            response = view(request, *args, **kwargs)
        except NotFound:
            guesses.failed(address)
            response = closed(request)
        return private(response)

    return cast("Page", guarded)


def own(view: Page) -> Page:
    """A page of a member: shown to the browser that is theirs, in their community's zone."""
    shut = door(_nobody)

    @login_not_required
    @wraps(view)
    @sensitive_variables("secret")
    def guarded(request: MemberRequest, ref: str, **kwargs: Any) -> HttpResponse:
        visit = visit_of(request, ref)
        if visit is None:
            return shut(request)
        actions.note_visit(visit=visit)
        request.visit = visit
        request.community = community.community(SYSTEM, visit.link.community_id)
        with timezone.override(ZoneInfo(request.community.zone)):
            return private(view(request, **kwargs))

    return cast("Page", guarded)


def _nobody(_request: HttpRequest) -> HttpResponse:
    raise NotFound


# ---------------------------------------------------------------- what the browser keeps
def _name(ref: str) -> str:
    return f"{PREFIX}-{ref}"


def visit_of(request: HttpRequest, ref: str) -> Visit | None:
    """The visit that this browser's cookie allows; None where it holds none, or not any more."""
    secret = request.get_signed_cookie(_name(ref), default="", salt=SALT)
    if not secret:
        return None
    try:
        return selectors.visit(ref, secret)
    except NotFound:
        return None


def visits_of(request: HttpRequest) -> Iterator[Visit]:
    """All visits that this browser's cookies allow."""
    for name in request.COOKIES:
        prefix, _dash, ref = name.partition("-")
        if prefix == PREFIX and (visit := visit_of(request, ref)) is not None:
            yield visit


def keep(request: HttpRequest, response: HttpResponse, link: MemberLink, secret: str) -> None:
    """Let this browser hold the link's secret for as long as the link lasts."""
    response.set_signed_cookie(
        _name(link.ref),
        secret,
        salt=SALT,
        max_age=int((link.expires_at - clock.now()).total_seconds()),
        path="/m/",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
