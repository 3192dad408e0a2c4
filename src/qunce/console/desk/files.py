"""Files of answers: for the team behind the sign-in, and for members by a signed link."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.http import content_disposition_header

from qunce.console.context import StaffRequest
from qunce.desk import selectors
from qunce.kernel import files

_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def rule_file(request: StaffRequest, rule_id: int, sha256: str) -> HttpResponse:
    """A file of a rule that this person may see."""
    file, body = selectors.rule_file(request.actor, rule_id, sha256)
    return _as_file(body, file.name, file.content_type)


@login_not_required
def linked_file(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001 (the link says it all)
    """The file that a link means, for whoever was given it."""
    sha256, name = files.linked(token)
    with files.open_file(sha256) as opened:
        return _as_file(opened.read(), name, "")


def _as_file(body: bytes, name: str, content_type: str) -> HttpResponse:
    """To be saved, never opened as a page of ours, whatever is in it."""
    answer = HttpResponse(body, content_type=content_type if content_type in _SHOWN else "application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


urlpatterns = [
    path("keyword-replies/<int:rule_id>/files/<str:sha256>/", rule_file, name="rule_file"),
    path(f"{files.LINKS}<str:token>/", linked_file, name="file"),
]
