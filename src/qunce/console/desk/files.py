"""Files of answers: for the team behind the sign-in, and for members by a signed link."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from qunce.console.context import StaffRequest
from qunce.desk import selectors
from qunce.kernel import files
from qunce.kernel.http import stored_file


def rule_file(request: StaffRequest, rule_id: int, sha256: str) -> HttpResponse:
    """A file of a rule that this person may see."""
    file = selectors.rule_file(request.actor, rule_id, sha256)
    return stored_file(sha256, name=file.name, content_type=file.content_type)


@login_not_required
def linked_file(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001 (the link says it all)
    """The file that a link means, for whoever was given it."""
    sha256, name = files.linked(token)
    return stored_file(sha256, name=name, content_type="")


urlpatterns = [
    path("keyword-replies/<int:rule_id>/files/<str:sha256>/", rule_file, name="rule_file"),
    path(f"{files.LINKS}<str:token>/", linked_file, name="linked_file"),
]
