"""Tasks: what people have to do, what is mine, what is late, and the proof that it was done."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from qunce.community import selectors as community
from qunce.console.context import StaffRequest
from qunce.console.filters import Asked
from qunce.console.forms import MomentInput, errors_in
from qunce.console.live import topic
from qunce.kernel import clock, files
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.htmx import go, page
from qunce.kernel.http import stored_file
from qunce.team import actions, selectors
from qunce.team.selectors import Task
from qunce.team.types import TaskFilter, TaskList, TaskState

SIZE = 50
LARGEST_PROOF = 10 * 2**20
PROOFS = {"image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"}
STATES: dict[TaskState, tuple[str, str | Promise]] = {
    TaskState.OPEN: ("wait", gettext_lazy("Open")),
    TaskState.DONE: ("good", gettext_lazy("Done")),
    TaskState.CANCELLED: ("off", gettext_lazy("Cancelled")),
}


@topic("tasks")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that a task has changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


class Moment(forms.DateTimeField):
    """A day and a time in the viewer's zone."""

    def __init__(self, **options: object) -> None:
        widget = MomentInput()
        super().__init__(widget=widget, required=False, label=gettext_lazy("Due"), **options)  # type: ignore[arg-type]


class NewTask(forms.Form):
    """A task in one line, for oneself or for whoever takes it."""

    title = forms.CharField(label=gettext_lazy("What is to be done?"), max_length=200)
    community = forms.ChoiceField(label=gettext_lazy("Community"), required=False)
    due_at = Moment()
    whom = forms.ChoiceField(
        label=gettext_lazy("Who"),
        choices=[("me", gettext_lazy("I do it")), ("free", gettext_lazy("Whoever takes it"))],
        required=False,
    )

    def __init__(self, *args: object, actor: Actor, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._actor = actor
        places = list(community.visible_communities(actor, Permission.REPLY).values_list("pk", "name"))
        self.fields["community"].choices = [("", _("No community")), *places]  # type: ignore[attr-defined]
        if len(places) == 1:
            self.fields["community"].initial = places[0][0]

    def clean(self) -> dict[str, object]:
        """What belongs to no community is taken by those alone who operate all of them."""
        given = super().clean() or {}
        if given.get("whom") == "free" and not given.get("community") and not self._actor.may(Permission.OPERATE):
            self.add_error("community", _("Choose the community whose people may take it."))
        return given


class ChangeTask(forms.Form):
    """An open task said differently, or its end moved."""

    title = forms.CharField(label=gettext_lazy("What is to be done?"), max_length=200)
    details = forms.CharField(label=gettext_lazy("Details"), required=False, widget=forms.Textarea({"rows": 4}))
    due_at = Moment()


class DoneForm(forms.Form):
    """How it went, and the picture that shows it."""

    note = forms.CharField(label=gettext_lazy("What was done"), required=False, widget=forms.Textarea({"rows": 2}))
    proof = forms.FileField(
        label=gettext_lazy("Picture or PDF"),
        required=False,
        widget=forms.ClearableFileInput({"accept": ",".join(sorted(PROOFS))}),
    )

    def clean_proof(self) -> object:
        """A picture or a PDF of a size that a phone makes."""
        given = self.cleaned_data["proof"]
        if given and (given.content_type not in PROOFS or given.size > LARGEST_PROOF):
            raise forms.ValidationError(_("A picture or a PDF of at most 10 MB, please."))
        return given


# ---------------------------------------------------------------- lists
def _wanted(request: StaffRequest) -> TaskFilter:
    asked = Asked(request.GET)
    return TaskFilter(
        show=asked.one_of(TaskList, "show", TaskList.MINE),
        community_id=asked.number("community"),
        text=asked.text("q"),
    )


def tasks(request: StaffRequest) -> HttpResponse:
    """Mine, the team's, or what has ended; what is late first."""
    wanted, actor = _wanted(request), request.actor
    ended = request.GET.get("ended", "")
    return page(
        request,
        "console/team/tasks.html",
        {
            "wanted": wanted,
            "filtered": bool(wanted.text or wanted.community_id),
            "page": Paginator(selectors.visible_tasks(actor, wanted), SIZE).get_page(request.GET.get("page")),
            "names": dict(community.visible_communities(actor).values_list("pk", "name")),
            "workable": _workable(actor),
            "now": clock.now(),
            "form": NewTask(actor=actor) if actor.may_anywhere(Permission.REPLY) else None,
            "ended": _ended(actor, ended),
            **tabs(actor, wanted.show),
        },
        piece="console/team/tasks_list.html",
    )


def _workable(actor: Actor) -> set[int | None]:
    """The communities whose tasks the actor may take."""
    places = community.visible_communities(actor, Permission.REPLY).values_list("pk", flat=True)
    return {*places, *([None] if actor.may(Permission.OPERATE) else [])}


def _ended(actor: Actor, key: str) -> Task | None:
    """The task that was just ended, so that this can be undone."""
    try:
        task = selectors.one_task(actor, int(key)) if key.isdecimal() else None
    except NotFound:
        return None
    return task if task and task.state != TaskState.OPEN else None


def tabs(actor: Actor, here: str) -> dict[str, object]:
    """What the pages of tasks, approvals and alerts have above them."""
    now = clock.now()
    counts = selectors.task_counts(actor, now=now, day_ends=now + timedelta(days=1))
    return {
        "here": here,
        "counts": counts,
        "approvals_count": selectors.to_decide(actor),
        "alerts_count": selectors.visible_alerts(actor).count(),
        "operates": actor.may_anywhere(Permission.OPERATE),
        "heading": ngettext("%(count)d task is yours", "%(count)d tasks are yours", counts.mine)
        % {"count": counts.mine},
    }


@require_POST
def new_task(request: StaffRequest) -> HttpResponse:
    """Ask for something."""
    form = NewTask(request.POST, actor=request.actor)
    if form.is_valid():
        place, mine = form.cleaned_data["community"], form.cleaned_data["whom"] != "free"
        with errors_in(form):
            actions.create_task(
                actor=request.actor,
                title=form.cleaned_data["title"],
                community_id=int(place) if place else None,
                assignee_id=request.actor.id if mine else None,
                due_at=form.cleaned_data["due_at"],
            )
            return _back(request, TaskList.MINE if mine else TaskList.TEAM)
    messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return _back(request, TaskList.MINE)


def _back(request: StaffRequest, show: TaskList, ended: int | None = None) -> HttpResponse:
    answer = go(request, "console:tasks")
    header = "HX-Redirect" if "HX-Redirect" in answer else "Location"
    answer[header] += f"?show={show}" + (f"&ended={ended}" if ended else "")
    return answer


# ---------------------------------------------------------------- one task
def task(request: StaffRequest, task_id: int) -> HttpResponse:
    """One task: what it is about, and everything that can be done with it."""
    return _task_page(request, task_id, DoneForm())


def _task_page(request: StaffRequest, task_id: int, done: DoneForm, change: ChangeTask | None = None) -> HttpResponse:
    found = selectors.one_task(request.actor, task_id)
    now = {"title": found.title, "details": found.details, "due_at": found.due_at}
    tone, word = STATES[TaskState(found.state)]
    names = dict(community.visible_communities(request.actor).values_list("pk", "name"))
    context = {
        "task": found,
        "tone": tone,
        "word": word,
        "place": names.get(found.community_id or 0, ""),
        "may_work": selectors.may_work_on(request.actor, found),
        "late": found.state == TaskState.OPEN and found.due_at is not None and found.due_at < clock.now(),
        "people": selectors.who_may_take(found.community_id),
        "done_form": done,
        "change_form": change or ChangeTask(initial=now),
        "shown": found.proof is not None and found.proof.content_type.startswith("image/"),
    }
    return render(request, "console/team/task.html", context)


@require_POST
def complete(request: StaffRequest, task_id: int) -> HttpResponse:
    """It is done."""
    form = DoneForm(request.POST, request.FILES)
    found = selectors.one_task(request.actor, task_id)
    if form.is_valid():
        given, stored = form.cleaned_data["proof"], None
        if given and selectors.may_work_on(request.actor, found):
            stored = files.put(given.chunks(), name=given.name, content_type=given.content_type)
        with errors_in(form):
            actions.complete_task(actor=request.actor, task_id=task_id, note=form.cleaned_data["note"], proof=stored)
            mine = found.assignee_id == request.actor.id
            return _back(request, TaskList.MINE if mine else TaskList.TEAM, ended=task_id)
    return _task_page(request, task_id, form)


@require_POST
def cancel(request: StaffRequest, task_id: int) -> HttpResponse:
    """It is no longer needed."""
    actions.cancel_task(actor=request.actor, task_id=task_id, reason=request.POST.get("reason", ""))
    return _back(request, TaskList.TEAM, ended=task_id)


@require_POST
def reopen(request: StaffRequest, task_id: int) -> HttpResponse:
    """It is not done after all."""
    actions.reopen_task(actor=request.actor, task_id=task_id)
    messages.success(request, _("The task is open again."))
    return go(request, "console:task", task_id)


@require_POST
def assign(request: StaffRequest, task_id: int) -> HttpResponse:
    """Take it (``whom`` is ``me``), hand it to somebody, or leave it to whoever takes it (empty)."""
    whom = request.POST.get("whom", "")
    if whom not in {"", "me"} and not whom.isdecimal():
        raise Invalid(_("Choose somebody."))
    assignee = request.actor.id if whom == "me" else int(whom) if whom else None
    try:
        given = actions.assign_task(actor=request.actor, task_id=task_id, assignee_id=assignee)
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
        return go(request, "console:task", task_id)
    name = given.assignee.name if given.assignee else ""
    messages.success(
        request, _("%(name)s does it now.") % {"name": name} if name else _("Whoever is free can take it now.")
    )
    return go(request, "console:task", task_id)


@require_POST
def change(request: StaffRequest, task_id: int) -> HttpResponse:
    """Say it differently, or move its end."""
    form = ChangeTask(request.POST)
    if form.is_valid():
        with errors_in(form):
            actions.change_task(actor=request.actor, task_id=task_id, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return go(request, "console:task", task_id)
    return _task_page(request, task_id, DoneForm(), form)


def proof(request: StaffRequest, task_id: int) -> HttpResponse:
    """The picture or file that proves it."""
    stored = selectors.one_task(request.actor, task_id).proof
    if stored is None:
        raise NotFound
    return stored_file(stored.sha256, name=stored.name, content_type=stored.content_type)


urlpatterns = [
    path("tasks/", tasks, name="tasks"),
    path("tasks/new/", new_task, name="task_new"),
    path("tasks/<int:task_id>/", task, name="task"),
    path("tasks/<int:task_id>/done/", complete, name="task_done"),
    path("tasks/<int:task_id>/cancel/", cancel, name="task_cancel"),
    path("tasks/<int:task_id>/reopen/", reopen, name="task_reopen"),
    path("tasks/<int:task_id>/assign/", assign, name="task_assign"),
    path("tasks/<int:task_id>/change/", change, name="task_change"),
    path("tasks/<int:task_id>/proof/", proof, name="task_proof"),
]
