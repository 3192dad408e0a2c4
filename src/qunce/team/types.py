"""Words of the team context."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from qunce.kernel.actor import Role

Roles = Mapping[int | None, Role]
"""Roles by community id; the key None is a role in all communities and for the installation itself."""


class Theme(StrEnum):
    """How pages look; empty in the database means as the device has it."""

    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"


class Standing(StrEnum):
    """Where somebody stands with us."""

    INVITED = "invited"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody new, or somebody who got roles. ``path`` is his one-time link; empty where he signs in already."""

    staff_id: int
    path: str
    mailed: bool = False


# ------------------------------------------------------------------ tasks, approvals, alerts
class TaskState(StrEnum):
    """Where a task stands; done and cancelled ones can be opened again."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class TaskList(StrEnum):
    """Which tasks are looked at: open ones of the actor, all open ones, ended ones."""

    MINE = "mine"
    TEAM = "team"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks are wanted; what is empty does not restrict. ``text``: in the title or the details."""

    show: TaskList = TaskList.TEAM
    community_id: int | None = None
    text: str = ""


class ApprovalState(StrEnum):
    """Where an approval stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Severity(StrEnum):
    """How bad an alert is: something is broken, or will be."""

    BROKEN = "broken"
    WARNING = "warning"


class Topic(StrEnum):
    """What staff are told about; each person chooses which."""

    TASKS = "tasks"
    APPROVALS = "approvals"
    ALERTS = "alerts"
    REPORTS = "reports"


class Channel(StrEnum):
    """How a message reaches a staff member."""

    MAIL = "mail"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Reach:
    """How and when somebody wants to be told: channels, topics, and hours of the day without messages.

    ``quiet_from`` and ``quiet_until`` are in the person's zone; both None: none. A night may lie in between.
    """

    mail: bool = True
    chat: bool = True
    topics: frozenset[Topic] = frozenset(Topic)
    quiet_from: time | None = None
    quiet_until: time | None = None
