"""Pages of the insights context. What they compute with takes a moment to load: it is, when one of them is opened."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from qunce.console.live import topic
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound


def late(page: str, name: str) -> Callable[..., HttpResponse]:
    """The view of that name in that page's module."""

    def view(request: HttpRequest, **given: Any) -> HttpResponse:
        shown: HttpResponse = getattr(import_module(f"{__name__}.{page}"), name)(request, **given)
        return shown

    return view


@topic("imports")
def may_follow_all(actor: Actor, key: str) -> bool:
    """Whoever leads a community sees its imports."""
    return not key and actor.may_anywhere(Permission.LEAD)


@topic("warning")
def may_follow_the_warning(actor: Actor, key: str) -> bool:
    """Whoever leads a community."""
    return not key and actor.may_anywhere(Permission.LEAD)


@topic("import")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see the import of a history."""
    from qunce.insights.selectors import imports

    if not key.isdecimal():
        return False
    try:
        imports.one_import(actor, int(key))
    except NotFound:
        return False
    return True


@topic("digests")
def may_follow_digests(actor: Actor, key: str) -> bool:
    """Whoever may see the community."""
    return key.isdecimal() and actor.may(Permission.VIEW, int(key))


@topic("digest")
def may_follow_a_digest(actor: Actor, key: str) -> bool:
    """Whoever may see it."""
    from qunce.insights.selectors import digests

    if not key.isdecimal():
        return False
    try:
        digests.one_digest(actor, int(key))
    except NotFound:
        return False
    return True


urlpatterns = [
    path("groups/<int:group_id>/insight/", late("group", "insight"), name="group_insight"),
    path("groups/<int:group_id>/words.png", late("group", "cloud"), name="group_words"),
    path("groups/<int:group_id>/silence/", late("silence", "plan"), name="silence"),
    path("groups/<int:group_id>/silence/<int:plan_id>/", late("silence", "take_back"), name="silence_take_back"),
    path("insights/", late("overview", "overview"), name="insights"),
    path("insights/next-hour/", late("overview", "next_hour"), name="next_hour"),
    path("insights/load/", late("load", "load"), name="load"),
    path("insights/warning/", late("warning", "warning"), name="warning"),
    path("insights/warning/measure/", late("warning", "measure"), name="warning_measure"),
    path("insights/warning/built-in/", late("warning", "built_in"), name="warning_built_in"),
    path("insights/warning/<int:model_id>/adopt/", late("warning", "adopt"), name="warning_adopt"),
    path("communities/<int:community_id>/insight/", late("community", "insight"), name="community_insight"),
    path("communities/<int:community_id>/newcomers/", late("community", "newcomers"), name="newcomers"),
    path("communities/<int:community_id>/terms/", late("community", "terms"), name="community_terms"),
    path("content/digests/", late("digests", "digests"), name="digests"),
    path("content/digests/now/<int:community_id>/", late("digests", "make"), name="digest_make"),
    path("content/digests/plan/<int:community_id>/", late("digests", "plan"), name="digest_plan"),
    path("content/digests/plans/<int:plan_id>/stop/", late("digests", "stop"), name="digest_stop"),
    path("content/digests/<int:digest_id>/", late("digest", "digest"), name="digest"),
    path("content/digests/<int:digest_id>/edit/", late("digest", "edit"), name="digest_edit"),
    path("content/digests/<int:digest_id>/post/", late("digest", "post"), name="digest_post"),
    path("content/digests/<int:digest_id>/decline/", late("digest", "decline"), name="digest_decline"),
    path("content/digests/<int:digest_id>/again/", late("digest", "again"), name="digest_again"),
    path("content/digests/<int:digest_id>/export/", late("digest", "export"), name="digest_export"),
    path("histories/", late("histories", "histories"), name="histories"),
    path("histories/upload/", late("histories", "upload"), name="history_upload"),
    path("histories/new/", late("histories", "new"), name="history_new"),
    path("histories/begin/", late("histories", "begin"), name="history_begin"),
    path("histories/<int:import_id>/", late("histories", "history"), name="history"),
    path("histories/<int:import_id>/stop/", late("histories", "stop"), name="history_stop"),
    path("histories/<int:import_id>/resume/", late("histories", "resume"), name="history_resume"),
    path("histories/<int:import_id>/undo/", late("histories", "undo"), name="history_undo"),
    path("histories/<int:import_id>/forget/", late("histories", "forget"), name="history_forget"),
]
