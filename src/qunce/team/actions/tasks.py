"""Tasks: what a person must do, from asking to proof."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.kernel import audit, clock, events, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import StoredFile
from qunce.team import policies, selectors
from qunce.team.actions.notifications import tell
from qunce.team.events import TaskEnded, TaskReopened
from qunce.team.models import Staff, Task
from qunce.team.selectors.tasks import WORK
from qunce.team.types import TaskState, Topic

LONGEST_TITLE = 200
LONGEST_TEXT = 10_000
AT_ONCE = 200


def create_task(
    *,
    actor: Actor,
    title: str,
    community_id: int | None = None,
    assignee_id: int | None = None,
    due_at: datetime | None = None,
    details: str = "",
    url: str = "",
    key: str | None = None,
    wants_proof: bool = False,
) -> Task:
    """Ask for something that a person must do. With a ``key`` that exists the task of then is returned, as it is now.

    Needs whoever works in the community. Without one: everybody for himself, operators of the installation for
    others and for whoever takes it. Nobody assigned: everybody who works there may take it.
    ``url``: where it came from, a path of the console.
    """
    title = _titled(title)
    if url and not url.startswith("/"):
        raise Invalid(_("This is no page of the console."), field="url")
    _may_ask(actor, community_id, assignee_id)
    with transaction.atomic():
        if key is not None:
            locks.name(f"task:{key}")
            if known := Task.objects.filter(key=key).first():
                return known
        now = clock.now()
        task = Task.objects.create(
            community_id=community_id,
            title=title,
            details=details.strip()[:LONGEST_TEXT],
            url=url,
            key=key,
            assignee=_able(assignee_id, community_id) if assignee_id is not None else None,
            wants_proof=wants_proof,
            due_at=due_at,
            remind_at=policies.next_reminder(now, due_at, now),
            created_by=actor.id,
            created_by_name=actor.name,
            created_at=now,
        )
        _changed(actor, task, "task.created", gettext_noop("%(actor)s asked for “%(title)s”."))
        _tell_assignee(actor, task)
    return task


def change_task(*, actor: Actor, task_id: int, title: str, details: str, due_at: datetime | None) -> Task:
    """Say an open task differently, or move its end: reminders then begin anew. Needs whoever may work on it."""
    title = _titled(title)
    with transaction.atomic():
        task = _locked(actor, task_id)
        _require_open(task)
        now = clock.now()
        moved = due_at != task.due_at
        task.title, task.details, task.due_at = title, details.strip()[:LONGEST_TEXT], due_at
        if moved:
            task.remind_at = policies.next_reminder(now, due_at, now)
        task.save(update_fields=["title", "details", "due_at", "remind_at"])
        _changed(actor, task, "task.changed", gettext_noop("%(actor)s changed the task “%(title)s”."))
    return task


def assign_task(*, actor: Actor, task_id: int, assignee_id: int | None) -> Task:
    """Take a task, hand it to a colleague, or (None) leave it to whoever takes it. Needs whoever may work on it."""
    with transaction.atomic():
        task = _locked(actor, task_id)
        _require_open(task)
        if task.assignee_id == assignee_id:
            return task
        if assignee_id is None or assignee_id != task.created_by:
            _may_ask(actor, task.community_id, assignee_id)
        task.assignee = _able(assignee_id, task.community_id) if assignee_id is not None else None
        task.save(update_fields=["assignee"])
        if task.assignee is None:
            sentence = gettext_noop("%(actor)s left the task “%(title)s” to whoever takes it.")
        elif task.assignee_id == actor.id:
            sentence = gettext_noop("%(actor)s took the task “%(title)s”.")
        else:
            sentence = gettext_noop("%(actor)s gave the task “%(title)s” to %(name)s.")
        _changed(actor, task, "task.assigned", sentence, name=task.assignee.name if task.assignee else None)
        _tell_assignee(actor, task)
    return task


def complete_task(*, actor: Actor, task_id: int, note: str = "", proof: StoredFile | None = None) -> Task:
    """Mark a task as done, with a note and a picture or file as proof. Done twice is done once.

    Needs whoever may work on it; a task that wants proof needs a note or a file. Undone by `reopen_task`.
    """
    with transaction.atomic():
        task = _locked(actor, task_id)
        if task.state == TaskState.DONE:
            return task
        _require_open(task)
        note = note.strip()[:LONGEST_TEXT]
        if task.wants_proof and not note and proof is None:
            raise Invalid(
                _("This task wants proof."), fix=_("Say in a sentence what was done, or add a picture."), field="note"
            )
        task.note, task.proof = note, proof
        _end(actor, task, TaskState.DONE)
        _changed(actor, task, "task.done", gettext_noop("%(actor)s did “%(title)s”."))
        if task.created_by is not None and task.created_by != actor.id:
            tell(
                staff_ids=[task.created_by],
                topic=Topic.TASKS,
                key=f"task:{task.pk}:done:{clock.now().timestamp()}",
                sentence=gettext_noop("%(actor)s did “%(title)s”."),
                url=_url_of(task),
                params={"actor": actor.name, "title": task.title},
            )
    return task


def cancel_task(*, actor: Actor, reason: str, task_id: int | None = None, key: str | None = None) -> Task | None:
    """End a task that is no longer needed, by its id or its key; done or unknown ones stay as they are.

    Needs whoever may work on it, or who asked for it. Returns the task; None where there is none with this key.
    """
    with transaction.atomic():
        if task_id is None:
            known = Task.objects.filter(key=key, key__isnull=False).first()
            if known is None:
                return None
            task_id = known.pk
        task = _locked(actor, task_id)
        if task.state != TaskState.OPEN:
            return task
        task.note = reason.strip()[:LONGEST_TEXT]
        _end(actor, task, TaskState.CANCELLED)
        sentence = gettext_noop("%(actor)s cancelled the task “%(title)s”: %(reason)s")
        _changed(actor, task, "task.cancelled", sentence, reason=task.note)
        if task.assignee_id is not None and task.assignee_id != actor.id:
            tell(
                staff_ids=[task.assignee_id],
                topic=Topic.TASKS,
                key=f"task:{task.pk}:cancelled:{clock.now().timestamp()}",
                sentence=gettext_noop("“%(title)s” is no longer needed: %(reason)s"),
                url=_url_of(task),
                params={"title": task.title, "reason": task.note},
            )
    return task


def reopen_task(*, actor: Actor, task_id: int) -> Task:
    """Open a task again that was done or cancelled; what was proven is dropped. Needs whoever may work on it."""
    with transaction.atomic():
        task = _locked(actor, task_id)
        if task.state == TaskState.OPEN:
            return task
        now = clock.now()
        task.state, task.note, task.proof = TaskState.OPEN, "", None
        task.ended_at, task.ended_by, task.ended_by_name = None, None, ""
        task.remind_at = policies.next_reminder(task.created_at, task.due_at, now)
        task.save()
        _changed(actor, task, "task.reopened", gettext_noop("%(actor)s opened the task “%(title)s” again."))
        events.publish(TaskReopened(task_id=task.pk, key=task.key or ""))
    return task


def remind_of_tasks() -> int:
    """Remind of open tasks that are due soon or overdue, each time once; returns how many. For the clock.

    The assignee is told; where there is none, everybody who may take it. Rows that another worker has are left to it.
    """
    with transaction.atomic():
        now = clock.now()
        due = Task.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            state=TaskState.OPEN, remind_at__lte=now
        )
        tasks = list(due.order_by("remind_at", "id")[:AT_ONCE])
        for task in tasks:
            _remind(task, now)
            task.remind_at = policies.next_reminder(task.created_at, task.due_at, now)
            task.save(update_fields=["remind_at"])
    return len(tasks)


def release_tasks(*, staff_id: int) -> int:
    """Leave open tasks of who may no longer work there to whoever takes them; in the caller's transaction."""
    staff = Staff.objects.get(pk=staff_id)
    actor = selectors.actor_for(staff)
    able = actor.communities(WORK)
    left = Task.objects.filter(assignee=staff, state=TaskState.OPEN)
    if staff.is_active:
        left = left.filter(community_id__isnull=False)
        left = left.none() if able is None else left.exclude(community_id__in=able)
    released = left.update(assignee=None)
    if released:
        live.touch("tasks")
    return released


# ------------------------------------------------------------------ within
def _titled(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise Invalid(_("Say what is to be done."), field="title")
    if len(title) > LONGEST_TITLE:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_TITLE}, field="title")
    return title


def _may_ask(actor: Actor, community_id: int | None, assignee_id: int | None) -> None:
    if community_id is not None:
        community.community(actor, community_id, WORK)
    elif assignee_id is None or assignee_id != actor.id:
        actor.require(Permission.OPERATE)
    elif not actor.may_anywhere(WORK):
        raise NotAllowed


def _able(staff_id: int, community_id: int | None) -> Staff:
    """The person, who must be able to work there; without a community everybody active is."""
    people = selectors.who_may_take(community_id) if community_id else Staff.objects.filter(is_active=True)
    found = people.filter(pk=staff_id).first()
    if found is None:
        raise Invalid(
            _("This person does not work in this community."),
            fix=_("Choose somebody who does, or give the person a role there."),
            field="assignee",
        )
    return found


def _locked(actor: Actor, task_id: int) -> Task:
    """The task, locked; NotFound where the actor does not see it, NotAllowed where he may not work on it."""
    seen = selectors.one_task(actor, task_id)
    if not selectors.may_work_on(actor, seen):
        raise NotAllowed
    try:
        return locks.row(Task, task_id)
    except Task.DoesNotExist as error:
        raise NotFound from error


def _require_open(task: Task) -> None:
    if task.state != TaskState.OPEN:
        raise Conflict(_("This task has ended in the meantime."), fix=_("Open it again first."))


def _end(actor: Actor, task: Task, state: TaskState) -> None:
    task.state, task.remind_at = state, None
    task.ended_at, task.ended_by, task.ended_by_name = clock.now(), actor.id, actor.name
    task.save()
    events.publish(TaskEnded(task_id=task.pk, key=task.key or "", done=state is TaskState.DONE))


def _changed(actor: Actor, task: Task, action: str, sentence: str, **params: audit.Param) -> None:
    """What every change of a task ends with: the record, and that open pages are old."""
    audit.record(
        actor,
        action,
        sentence,
        community_id=task.community_id,
        about=("task", task.pk),
        title=task.title,
        **params,
    )
    live.touch("tasks", "today")


def _url_of(task: Task) -> str:
    return f"/tasks/{task.pk}/"


def _tell_assignee(actor: Actor, task: Task) -> None:
    if task.assignee_id is None or task.assignee_id == actor.id:
        return
    tell(
        staff_ids=[task.assignee_id],
        topic=Topic.TASKS,
        key=f"task:{task.pk}:given:{clock.now().timestamp()}",
        sentence=gettext_noop("%(actor)s gave you a task: %(title)s"),
        url=_url_of(task),
        params={"actor": actor.name, "title": task.title},
    )


def _remind(task: Task, now: datetime) -> None:
    overdue = task.due_at is not None and task.due_at <= now
    if task.assignee_id is not None:
        whom = [task.assignee_id]
    else:
        whom = list(selectors.who_may_take(task.community_id).values_list("pk", flat=True))
    moment = int(task.due_at.timestamp()) if task.due_at else 0
    tell(
        staff_ids=whom,
        topic=Topic.TASKS,
        key=f"task:{task.pk}:{'overdue' if overdue else 'soon'}:{moment}",
        sentence=gettext_noop("Overdue: %(title)s") if overdue else gettext_noop("Due soon: %(title)s"),
        url=_url_of(task),
        params={"title": task.title},
    )
