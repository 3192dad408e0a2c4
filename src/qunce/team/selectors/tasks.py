"""Reads of tasks, and who may work on which."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet

from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.team.models import Staff, Task
from qunce.team.selectors.staff import who_may
from qunce.team.types import TaskFilter, TaskList, TaskState

WORK = Permission.REPLY
"""What somebody holds who takes and does tasks of a community."""


def visible_tasks(actor: Actor, wanted: TaskFilter | None = None) -> QuerySet[Task]:
    """Tasks of communities that the actor sees, and his own and those he gave that belong to none.

    Those that belong to no community are also seen by operators of the installation. With their assignees; open ones
    by what is due first, ended ones by when, latest first.
    """
    wanted = wanted or TaskFilter()
    found = Task.objects.filter(_seen_by(actor)).select_related("assignee")
    if wanted.show is TaskList.DONE:
        found = found.exclude(state=TaskState.OPEN).order_by("-ended_at", "-id")
    else:
        found = found.filter(state=TaskState.OPEN).order_by(F("due_at").asc(nulls_last=True), "id")
    if wanted.show is TaskList.MINE:
        found = found.filter(assignee_id=actor.id, assignee__isnull=False)
    if wanted.community_id is not None:
        found = found.filter(community_id=wanted.community_id)
    if wanted.text:
        found = found.filter(Q(title__icontains=wanted.text) | Q(details__icontains=wanted.text))
    return found


def _seen_by(actor: Actor) -> Q:
    allowed = actor.communities(Permission.VIEW)
    seen = Q(community_id__isnull=False) if allowed is None else Q(community_id__in=allowed)
    if actor.may(Permission.OPERATE):
        return seen | Q(community_id=None)
    own = Q(assignee_id=actor.id) | Q(created_by=actor.id)
    return seen | (Q(community_id=None) & own) if actor.id is not None else seen


def one_task(actor: Actor, task_id: int) -> Task:
    """One task with its assignee and proof; NotFound where the actor does not see it."""
    found = Task.objects.filter(_seen_by(actor), pk=task_id).select_related("assignee", "proof").first()
    if found is None:
        raise NotFound
    return found


def may_work_on(actor: Actor, task: Task) -> bool:
    """Whether the actor may take, hand over and end this task."""
    if task.community_id is not None:
        return actor.may(WORK, task.community_id)
    own = actor.id is not None and actor.id in {task.assignee_id, task.created_by}
    return own or actor.may(Permission.OPERATE)


def who_may_take(community_id: int | None) -> QuerySet[Staff]:
    """The people to whom a task there can be given. No guard: names to choose from."""
    return who_may(WORK, [community_id])


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """Open tasks that the actor sees: his own, all of them, those that he may take, and what is late or due."""

    mine: int = 0
    team: int = 0
    free: int = 0
    overdue: int = 0
    today: int = 0


def task_counts(actor: Actor, *, now: datetime, day_ends: datetime) -> TaskCounts:
    """How many open tasks there are; ``overdue`` and ``today`` (until ``day_ends``) only the actor's or free."""
    own = Q(assignee_id=actor.id) if actor.id is not None else Q(pk=None)
    able = actor.communities(WORK)
    free = Q(assignee=None) & (Q() if able is None else Q(community_id__in=able))
    near = own | free
    counted = Task.objects.filter(_seen_by(actor), state=TaskState.OPEN).aggregate(
        mine=Count("pk", filter=own),
        team=Count("pk"),
        free=Count("pk", filter=free),
        overdue=Count("pk", filter=near & Q(due_at__lt=now)),
        today=Count("pk", filter=near & Q(due_at__gte=now, due_at__lt=day_ends)),
    )
    return TaskCounts(**counted)


def states_of_tasks(keys: Collection[str]) -> dict[str, TaskState]:
    """Where tasks stand, by the key under which they were asked for. No guard: for whoever asked."""
    rows = Task.objects.filter(key__among=keys).values_list("key", "state")
    return {key: TaskState(state) for key, state in rows if key is not None}
