"""A run's board: targets beside steps, how each stands and why; and what a person can do about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from qunce.community import selectors as community
from qunce.console.chat import words as chat_words
from qunce.console.context import StaffRequest
from qunce.console.playbooks import words
from qunce.console.playbooks.grid import name_of
from qunce.console.playbooks.runs import shown
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.htmx import go, page
from qunce.playbooks import actions, selectors
from qunce.playbooks.actions import Which
from qunce.playbooks.selectors import Execution, Row, Run, TrackFilter, calls
from qunce.playbooks.types import ExecutionState, RunState, StepSpec, TrackState

SIZE = 50
NEEDS = "needs"
FILTERS: Mapping[str, tuple[TrackState, ...]] = {
    NEEDS: (TrackState.FAILED,),
    "moving": (TrackState.DUE, TrackState.WAITING),
    "paused": (TrackState.PAUSED,),
    "over": (TrackState.DONE, TrackState.STOPPED),
}
MARKS = {
    ExecutionState.DONE: "circle-check",
    ExecutionState.WAITING: "hourglass",
    ExecutionState.SKIPPED: "circle-dashed",
    ExecutionState.FAILED: "alert-circle",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A step above its column, with how many are where."""

    id: str
    title: str
    icon: str
    level: int
    done: int
    waiting: int
    failed: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One step on one track. ``coming``: it stands here."""

    icon: str
    tone: str
    word: str | Promise
    detail: str
    at: datetime | None
    coming: bool = False

    @property
    def says(self) -> str:
        """All of it in words."""
        return f"{self.word}: {self.detail}" if self.detail else str(self.word)


@dataclass(frozen=True, slots=True)
class Line:
    """A target with its cells."""

    row: Row
    tone: str
    word: str | Promise
    reason: str
    cells: list[Cell | None]
    stands: str


def run(request: StaffRequest, run_id: int) -> HttpResponse:
    """The board; asked for again alone when something of it has changed."""
    row = selectors.run(request.actor, run_id)
    state = request.GET.get("state", "")
    step, text = request.GET.get("at", ""), request.GET.get("q", "").strip()
    wanted = TrackFilter(states=FILTERS.get(state, ()), step=step, text=text)
    found = selectors.board(request.actor, row.pk, wanted, cursor=request.GET.get("cursor", ""), size=SIZE)
    standing = selectors.standings([row.pk])[row.pk]
    counts = selectors.step_counts(request.actor, row.pk)
    document = selectors.document_of(row.version)
    latest = selectors.latest_of([row.playbook_id]).get(row.playbook_id)
    context = {
        "run": row,
        "shown": shown(row, standing),
        "title": words.in_language(document.title) or row.playbook.key,
        "page": found.rows,
        "columns": [_column(each, found.levels, counts) for each in found.steps],
        "lines": [_line(each, found.steps) for each in found.targets],
        "filters": _filters(standing),
        "state": state if state in FILTERS else "",
        "at_step": step,
        "at_title": next((name_of(each) for each in found.steps if each.id == step), step),
        "text": text,
        "of_members": selectors.follows_members(row),
        "reason": chat_words.told(row.reason),
        "may_operate": all(request.actor.may(Permission.OPERATE, key) for key in row.community_ids),
        "alive": row.state != RunState.ENDED,
        "newer": latest.number if latest and latest.pk != row.version_id and row.state != RunState.ENDED else None,
        "asks": [(each.id, name_of(each)) for each in found.steps if words.collects(each.do)],
        "adoption": _adoption(request, row),
    }
    return page(request, "console/playbooks/board.html", context, piece="console/playbooks/board_now.html")


def _column(step: StepSpec, levels: Mapping[str, int], counts: Mapping[tuple[str, str], int]) -> Column:
    return Column(
        step.id,
        name_of(step),
        words.step_kind(step.do)[1],
        levels.get(step.id, 0),
        counts.get((step.id, ExecutionState.DONE), 0),
        counts.get((step.id, ExecutionState.WAITING), 0),
        counts.get((step.id, ExecutionState.FAILED), 0),
    )


def _line(row: Row, steps: tuple[StepSpec, ...]) -> Line:
    track = row.track
    tone, word = words.TRACKS[track.state]
    standing = next((name_of(step) for step in steps if step.id == track.step), "")
    return Line(
        row,
        tone,
        word,
        chat_words.told(track.reason),
        [_cell(row.executions.get(step.id), coming=track.step == step.id, due_at=track.due_at) for step in steps],
        standing,
    )


def _cell(execution: Execution | None, *, coming: bool, due_at: datetime) -> Cell | None:
    if execution is None:
        return Cell("point", "busy", _("comes next"), "", due_at, coming=True) if coming else None
    state = ExecutionState(execution.state)
    tone, word = words.EXECUTIONS[state]
    detail = chat_words.told(execution.detail) or (words.path_name(execution.path) if execution.path else "")
    return Cell(MARKS[state], tone, word, detail, execution.ended_at or execution.began_at, coming=coming)


def _filters(standing: selectors.Standing) -> list[tuple[str, str, int]]:
    names = {
        NEEDS: _("Needs you"),
        "moving": _("Under way"),
        "paused": _("Paused"),
        "over": _("Over"),
    }
    counted = {key: sum(standing.counts.get(state, 0) for state in states) for key, states in FILTERS.items()}
    return [(key, names[key], count) for key, count in counted.items() if count]


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a step that invites was planned to bring, and what it brought."""

    step: str
    planned: int | None
    real: int | None
    asked: int
    answered: int
    below: bool


def _adoption(request: StaffRequest, row: Run) -> list[Adopted]:
    """Plan beside reality, for each step that has asked somebody."""
    document = selectors.document_of(row.version)
    plan = document.plan.takes_part
    titles = {step.id: name_of(step) for step in document.walk()}
    found = []
    for step, covered in calls.coverage(request.actor, row.pk).items():
        if not covered.asked:
            continue
        real = covered.answered / covered.asked
        found.append(
            Adopted(
                titles.get(step, step),
                round(plan * 100) if plan is not None else None,
                round(real * 100),
                covered.asked,
                covered.answered,
                plan is not None and real < plan / 2,
            )
        )
    return found


# ---------------------------------------------------------------- what a person can do
def _which(request: StaffRequest) -> Which:
    """Those that were ticked; none: all of the run."""
    ids = [UUID(each) for each in request.POST.getlist("tracks") if _is_uuid(each)]
    return Which(track_ids=tuple(ids))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _pause(request: StaffRequest, run_id: int) -> str:
    actions.pause_run(actor=request.actor, run_id=run_id, reason=request.POST.get("reason", ""))
    return _("It is paused: nothing of it moves.")


def _resume(request: StaffRequest, run_id: int) -> str:
    actions.resume_run(actor=request.actor, run_id=run_id)
    return _("It goes on.")


def _stop(request: StaffRequest, run_id: int) -> str:
    count = actions.stop_run(actor=request.actor, run_id=run_id, reason=request.POST.get("reason", ""))
    return ngettext(
        "It is over. %(n)d target had not finished.", "It is over. %(n)d targets had not finished.", count
    ) % {"n": count}


def _pause_some(request: StaffRequest, run_id: int) -> str:
    count = actions.pause_tracks(actor=request.actor, run_id=run_id, which=_some(request))
    return ngettext("%(n)d target is paused.", "%(n)d targets are paused.", count) % {"n": count}


def _resume_some(request: StaffRequest, run_id: int) -> str:
    count = actions.resume_tracks(actor=request.actor, run_id=run_id, which=_some(request))
    return ngettext("%(n)d target goes on.", "%(n)d targets go on.", count) % {"n": count}


def _stop_some(request: StaffRequest, run_id: int) -> str:
    count = actions.stop_tracks(actor=request.actor, run_id=run_id, which=_some(request))
    return ngettext("%(n)d target is taken out.", "%(n)d targets are taken out.", count) % {"n": count}


def _skip(request: StaffRequest, run_id: int) -> str:
    count = actions.skip_step(actor=request.actor, run_id=run_id, which=_some(request))
    return ngettext("The step is left out for %(n)d target.", "The step is left out for %(n)d targets.", count) % {
        "n": count
    }


def _retry(request: StaffRequest, run_id: int) -> str:
    which = _which(request)
    count = actions.retry_failed(actor=request.actor, run_id=run_id, which=which)
    return ngettext("It is tried again for %(n)d target.", "It is tried again for %(n)d targets.", count) % {
        "n": count
    }


def _some(request: StaffRequest) -> Which:
    which = _which(request)
    if not which.track_ids:
        raise Invalid(_("Choose at least one target."))
    return which


VERBS: Mapping[str, Callable[[StaffRequest, int], str]] = {
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "pause-some": _pause_some,
    "resume-some": _resume_some,
    "stop-some": _stop_some,
    "skip": _skip,
    "retry": _retry,
}


@require_POST
def act(request: StaffRequest, run_id: int, verb: str) -> HttpResponse:
    """Pause, go on, stop: the run, or the targets that were ticked; leave out a step; try again what failed."""
    if verb not in VERBS:
        raise NotFound
    try:
        messages.success(request, VERBS[verb](request, run_id))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    return go(request, f"{reverse('console:run', args=[run_id])}{_look(request)}")


def _look(request: StaffRequest) -> str:
    """The filter of the board from which something was done, so that one sees the same lines again."""
    kept = {name: request.POST[name] for name in ("state", "at", "q") if request.POST.get(name)}
    return f"?{urlencode(kept)}" if kept else ""


# ---------------------------------------------------------------- one track
@require_GET
def track(request: StaffRequest, track_id: UUID) -> HttpResponse:
    """All that was carried out for one target, in order."""
    row = selectors.one_track(request.actor, track_id)
    document = selectors.document_of(row.version)
    titles = {step.id: (name_of(step), words.step_kind(step.do)[1]) for step in document.walk()}
    done = [
        (
            *titles.get(each.step, (each.step, "puzzle-off")),
            *words.EXECUTIONS[each.state],
            each,
            chat_words.told(each.detail),
        )
        for each in selectors.executions(request.actor, row.pk)
    ]
    context = {
        "track": row,
        "done": done,
        "title": words.in_language(document.title) or row.run.playbook.key,
        "standing": (*words.TRACKS[row.state], chat_words.told(row.reason)),
        "stands": titles.get(row.step, ("", ""))[0],
        "group": community.group_names([row.group_id]).get(row.group_id, ""),
        "may_operate": all(request.actor.may(Permission.OPERATE, key) for key in row.run.community_ids),
    }
    return render(request, "console/playbooks/track.html", context)


@require_POST
def redo(request: StaffRequest, track_id: UUID) -> HttpResponse:
    """Do one of its steps once more, now."""
    row = selectors.one_track(request.actor, track_id)
    try:
        actions.redo_step(actor=request.actor, track_id=row.pk, step=request.POST.get("step", ""))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is done once more."))
    return go(request, "console:track", track_id)
