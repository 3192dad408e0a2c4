"""Stored files for whoever is signed in, and the short addresses that anybody may follow."""

from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.http import require_safe

from qunce.chat import actions, selectors
from qunce.console.context import StaffRequest
from qunce.kernel.errors import NotFound
from qunce.kernel.http import stored_file


@require_safe
def file(request: StaffRequest, sha256: str) -> HttpResponse:
    """A stored file. Pictures are shown; everything else is only handed out, whatever it says that it is."""
    stored = selectors.stored_file(request.actor, sha256)
    return stored_file(sha256, name=stored.name, content_type=stored.content_type)


@login_not_required
@require_safe
def link(request: HttpRequest, token: str) -> HttpResponse:
    """To where a counted link leads, and nowhere else; asking with HEAD, or ahead of time, is not following it."""
    ahead = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    agent = "" if ahead or request.method != "GET" else request.headers.get("User-Agent", "")
    address = actions.follow_link(token=token, user_agent=agent)
    if urlsplit(address).scheme not in {"http", "https"}:
        raise NotFound
    answer = HttpResponseRedirect(address)
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


urlpatterns = [
    path("files/<str:sha256>", file, name="file"),
    path("l/<str:token>", link, name="link"),
]
