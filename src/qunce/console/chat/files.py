"""Stored files for whoever is signed in, and the short addresses that anybody may follow."""

from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from qunce.chat import actions, selectors
from qunce.console.context import StaffRequest
from qunce.kernel import files
from qunce.kernel.errors import NotFound


@require_safe
def file(request: StaffRequest, sha256: str) -> HttpResponse:
    """A stored file. Pictures are shown; everything else is only handed out, whatever it says that it is."""
    stored = selectors.stored_file(request.actor, sha256)
    is_picture = stored.content_type in files.PICTURES
    with files.open_file(sha256) as opened:
        answer = HttpResponse(
            opened.read(), content_type=stored.content_type if is_picture else "application/octet-stream"
        )
    name = stored.name or sha256[:12]
    answer["Content-Disposition"] = content_disposition_header(not is_picture, name) or "inline"
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


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
