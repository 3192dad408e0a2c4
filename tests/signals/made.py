"""Panels and facts made by hand for the suite of all signals."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from qunce.insights.types import Facts, Mark, Stretch

DAYS = 90
LAST = date(2026, 11, 22)


def changed(panel, **series):
    """The panel with other series: a number for all days, or the days."""
    shape = (len(panel.group_ids), panel.stretch.count)
    new = {key: np.broadcast_to(np.asarray(values, np.float32), shape).copy() for key, values in series.items()}
    return replace(panel, series={**panel.series, **new})


def scaled(panel, times):
    """A group so many times as large, in which everything is as it was."""
    kept = {"top_share", "load", "response_s", "staff_active", "staff_messages", "staff_minutes"}
    series = {key: values if key in kept else values * np.float32(times) for key, values in panel.series.items()}
    return replace(panel, series=series, size=panel.size * np.float32(times))


def unknown(panel):
    """The same groups, of which no day is observed."""
    return replace(panel, series={key: np.full_like(values, np.nan) for key, values in panel.series.items()})


def said_today() -> Facts:
    """Five people and a bot: the owner, regulars, and somebody new who asks in vain, in the last two weeks."""
    lines = [  # day, person, parent, marks
        (80, 0, -1, 0),
        (80, 1, 0, 0),
        (81, 2, -1, Mark.QUESTION),
        (82, 3, -1, Mark.ADVERT),
        (82, 5, -1, Mark.ADVERT),
        (85, 4, -1, Mark.QUESTION),
        (86, 1, -1, Mark.ANGER),
        (87, 2, 6, Mark.WE | Mark.THANKS),
        (88, 1, 2, Mark.GREETING),
        (89, 1, -1, 0),
    ]
    day, person, parent, marks = (np.array(column) for column in zip(*lines, strict=True))
    stretch = Stretch(date.fromordinal(LAST.toordinal() - DAYS + 1), DAYS)
    start = (stretch.first - date(1970, 1, 1)).days * 86_400
    at = start + day * 86_400 + 3600.0 * (1 + np.arange(len(lines)) % 3)
    first_at = np.array([at[person == each].min() for each in range(6)])
    first_at[:2] -= 86_400 * 300
    none = np.zeros(0)
    return Facts(
        group_id=1,
        zone=ZoneInfo("UTC"),
        stretch=stretch,
        lead=0,
        at=at,
        day=day.astype(np.int32),
        person=person.astype(np.int32),
        parent=parent.astype(np.int32),
        inferred=np.zeros(len(lines), np.bool_),
        marks=marks.astype(np.uint16),
        ours=np.zeros(len(lines), np.bool_),
        people=[100, 101, 102, 103, 104, 105],
        names=["群主", "张三", "李四", "王五", "新人", "机器人"],
        is_bot=np.array([False] * 5 + [True]),
        is_staff=np.array([True] + [False] * 5),
        first_at=first_at,
        joined_at=np.array([first_at[4] - 600]),
        joined_person=np.array([4], np.int32),
        left_at=none,
        left_person=none.astype(np.int32),
        ids=np.array([bytes([n] * 16) for n in range(1, len(lines) + 1)], "V16"),
    )
