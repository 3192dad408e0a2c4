"""Decisions of the team context: reminders, quiet hours, codes, and when messages are joined. Pure."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from qunce.team.types import Reach, TaskState

# ------------------------------------------------------------------ tasks
TRANSITIONS = {
    TaskState.OPEN: {TaskState.DONE, TaskState.CANCELLED},
    TaskState.DONE: {TaskState.OPEN},
    TaskState.CANCELLED: {TaskState.OPEN},
}
_AHEAD = ((timedelta(days=3), timedelta(days=1)), (timedelta(hours=3), timedelta(hours=1)))
"""Time for a task, and how long before its end it is remembered; a task of less time only when it is overdue."""


def next_reminder(begun: datetime, due: datetime | None, after: datetime) -> datetime | None:
    """When to remind next, later than ``after``: some time before it is due, then when it is overdue; then never."""
    if due is None:
        return None
    ahead = next((pause for span, pause in _AHEAD if due - begun >= span), timedelta(0))
    return min((moment for moment in (due - ahead, due) if moment > after), default=None)


# ------------------------------------------------------------------ telling staff
AT_ONCE = 5
WINDOW = timedelta(minutes=10)


def told_apart(waiting: int, lately: int) -> bool:
    """Whether so many notifications go out one by one, after so many messages within WINDOW; else they are joined."""
    return waiting + lately <= AT_ONCE


def quiet_until(reach: Reach, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The end of the quiet hours in which ``now`` lies; None where it lies in none."""
    begin, end = reach.quiet_from, reach.quiet_until
    if begin is None or end is None or begin == end:
        return None
    local = now.astimezone(zone)
    if not _between(begin, local.time(), end):
        return None
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, zone)


def _between(begin: time, moment: time, end: time) -> bool:
    return begin <= moment < end if begin < end else moment >= begin or moment < end


# ------------------------------------------------------------------ codes
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Nothing that looks like something else."""
CODE_LENGTH = 8
LONGEST_SAID = 24
_CODE = re.compile(rf"\W*QC[-‐–—\s]?([{ALPHABET}]{{{CODE_LENGTH}}})\W*", re.IGNORECASE)


def code_in(text: str) -> str | None:
    """The code that a message is, however it is dressed; None for any other message. Asked for every message."""
    if len(text) > LONGEST_SAID:
        return None
    found = _CODE.fullmatch(text)
    return found[1].upper() if found else None


def shown_code(code: str) -> str:
    """As people read and write it."""
    return f"QC-{code}"
