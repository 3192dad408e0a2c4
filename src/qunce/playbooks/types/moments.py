"""When a step comes, as people write it."""

import datetime as dt
from enum import IntEnum

from pydantic import BaseModel, ConfigDict, Field


class Weekday(IntEnum):
    """Monday is 0, as in Python."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


class When(BaseModel):
    """The moment of a step, in the zone of the group's community. Exactly one of the five ways, or none: at once.

    ``after``: so long after the step before was through.
    ``day`` with ``at``: on that day of the run, the day it begins on being 0; without ``at`` at the run's own hour.
    ``weekdays`` with ``at``: the next such day after the step before.
    ``date`` with ``at``: that date; ``yearly``: its next return, whatever the year.
    ``holiday`` with ``at``: the next such holiday (policies.moments names them), ``offset`` days before or after.

    Written on one line (policies.moments): ``2h``, ``day 3 20:30``, ``mon,fri 09:00``, ``daily 09:00``,
    ``2026-12-24 09:00``, ``12-24 09:00``, ``holiday spring-festival -1 09:00``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: dt.timedelta | None = None
    day: int | None = Field(default=None, ge=0, le=3660)
    weekdays: tuple[Weekday, ...] = ()
    date: dt.date | None = None
    yearly: bool = False
    holiday: str = ""
    offset: int = Field(default=0, ge=-60, le=60)
    at: dt.time | None = None
