"""Who asks, in which language and zone; and that nobody gets in without having signed in."""

from collections.abc import Callable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import timezone, translation

from qunce.kernel.htmx import is_partial
from qunce.team.selectors import actor_for

HEALTH = "/healthz"  # asked when the database may be gone: nobody's preferences are read there


class StaffPreferences:
    """Give the request its actor, and the page each person's language and zone.

    A visitor who has not signed in gets the language of the cookie, or else the browser's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == HEALTH:
            return self.get_response(request)
        staff = request.user
        request.actor = actor_for(staff)  # type: ignore[attr-defined]
        language = getattr(staff, "language", "") or translation.get_language_from_request(request)
        request.zone = ZoneInfo(getattr(staff, "zone", "") or settings.DEFAULT_COMMUNITY_ZONE)  # type: ignore[attr-defined]
        request.LANGUAGE_CODE = language
        with translation.override(language), timezone.override(request.zone):  # type: ignore[attr-defined]
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class SignInRequired(LoginRequiredMiddleware):
    """Every view needs a sign-in, except those marked `login_not_required`."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Show the sign-in page; where htmx asked for a piece, the whole page goes there and comes back."""
        if not is_partial(request):
            return super().handle_no_permission(request, view_func)
        page = urlsplit(request.headers.get("HX-Current-URL", "/"))._replace(scheme="", netloc="").geturl()
        moved = HttpResponse(status=204)
        moved["HX-Redirect"] = redirect_to_login(page, resolve_url(settings.LOGIN_URL)).url
        return moved
