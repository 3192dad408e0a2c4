"""What happens to staff and what waits for them, for the floors above."""

from dataclasses import dataclass, field
from typing import Any

from qunce.kernel.events import Event


@dataclass(frozen=True)
class TaskEnded(Event):
    """A task was done or cancelled; ``key``: of whoever asked for it, empty where nobody did by key."""

    task_id: int
    key: str
    done: bool


@dataclass(frozen=True)
class TaskReopened(Event):
    """An ended task is open again."""

    task_id: int
    key: str


@dataclass(frozen=True)
class ApprovalDecided(Event):
    """What somebody asked for was approved, declined, or nobody decided in time."""

    approval_id: int
    key: str
    kind: str
    approved: bool
    decided_by: int | None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StaffNotified(Event):
    """A message is to be sent to somebody's own chat: the group ``group_id``, once per ``message_id``."""

    message_id: int
    group_id: int
    text: str
