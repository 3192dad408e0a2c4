"""Pages of playbooks: the list and the library, one playbook with its editor, its runs and their boards."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from qunce.console.live import topic
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound


def late(page: str, name: str) -> Callable[..., HttpResponse]:
    """The view of that name in that page's module, which is loaded when one of its pages is opened."""

    def view(request: HttpRequest, **given: Any) -> HttpResponse:
        shown: HttpResponse = getattr(import_module(f"{__name__}.{page}"), name)(request, **given)
        return shown

    return view


@topic("playbooks")
def may_follow_all(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that some have changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


@topic("playbook")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see the playbook."""
    return key.isdecimal() and _sees("playbook", actor, int(key))


@topic("run")
def may_follow_run(actor: Actor, key: str) -> bool:
    """Whoever may see the run."""
    return key.isdecimal() and _sees("run", actor, int(key))


@topic("rehearsal")
def may_follow_rehearsal(actor: Actor, key: str) -> bool:
    """Whoever asked for it."""
    return key.isdecimal() and _sees("kept_rehearsal", actor, int(key))


def _sees(selector: str, actor: Actor, key: int) -> bool:
    from qunce.playbooks import selectors

    try:
        getattr(selectors, selector)(actor, key)
    except NotFound:
        return False
    return True


_ONE, _RUN, _TRACK = (
    "playbooks/<int:playbook_id>/",
    "playbooks/runs/<int:run_id>/",
    "playbooks/tracks/<uuid:track_id>/",
)

urlpatterns = [
    path("playbooks/", late("lists", "playbooks"), name="playbooks"),
    path("playbooks/new/", late("lists", "new"), name="playbook_new"),
    path("playbooks/library/<slug:key>/", late("lists", "take"), name="playbook_take"),
    path(_ONE, late("one", "playbook"), name="playbook"),
    path(f"{_ONE}about/", late("one", "about"), name="playbook_about"),
    path(f"{_ONE}start/", late("one", "start"), name="playbook_start"),
    path(f"{_ONE}text/", late("one", "text"), name="playbook_text"),
    path(f"{_ONE}text/check/", late("one", "text_check"), name="playbook_text_check"),
    path(f"{_ONE}playbook.yaml", late("one", "export"), name="playbook_export"),
    path(f"{_ONE}publish/", late("one", "publish"), name="playbook_publish"),
    path(f"{_ONE}versions/", late("one", "versions"), name="playbook_versions"),
    path(f"{_ONE}duplicate/", late("one", "duplicate"), name="playbook_duplicate"),
    path(f"{_ONE}archive/", late("one", "archive"), name="playbook_archive"),
    path(f"{_ONE}note/", late("one", "note"), name="playbook_note"),
    path(f"{_ONE}editor/", late("editor", "editor"), name="playbook_editor"),
    path(f"{_ONE}edit/", late("editor", "edit"), name="playbook_edit"),
    path(f"{_ONE}steps/<slug:step_id>/", late("editor", "step"), name="playbook_step"),
    path(f"{_ONE}steps/<slug:step_id>/preview/", late("editor", "preview"), name="playbook_preview"),
    path(f"{_ONE}begin/", late("begin", "begin"), name="run_begin"),
    path(f"{_ONE}rehearse/", late("rehearsal", "rehearse"), name="playbook_rehearse"),
    path("playbooks/rehearsals/<int:rehearsal_id>/", late("rehearsal", "rehearsal"), name="rehearsal"),
    path(_RUN, late("board", "run"), name="run"),
    path(f"{_RUN}move/", late("moves", "move"), name="run_move"),
    path(f"{_RUN}steps/<slug:step_id>/answers/", late("calls", "call"), name="run_call"),
    path(f"{_RUN}<slug:verb>/", late("board", "act"), name="run_act"),
    path(_TRACK, late("board", "track"), name="track"),
    path(f"{_TRACK}redo/", late("board", "redo"), name="track_redo"),
]
