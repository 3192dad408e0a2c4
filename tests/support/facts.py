"""Facts made by hand, and a small story that every metric is asked about."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from qunce.insights.types import Facts, Mark, Stretch

SHANGHAI = ZoneInfo("Asia/Shanghai")


def made(
    said, *, days=30, first=date(2026, 1, 1), zone=SHANGHAI, bots=(), staff_=(), parent=None, first_at=None, **more
):
    """Facts of ``said``: (day, second of the day, person), in the group's zone."""
    said = sorted(said)
    begin = datetime(first.year, first.month, first.day, tzinfo=zone).timestamp()
    people = max((person for *_, person in said), default=-1) + 1
    at = np.array([begin + day * 86_400 + second for day, second, _ in said], np.float64)
    person = np.array([person for *_, person in said], np.int32)
    began = np.full(people, np.inf)
    np.minimum.at(began, person, at)
    began[np.isinf(began)] = begin
    facts = Facts(
        group_id=1,
        zone=zone,
        stretch=Stretch(first, days),
        lead=sum(day < 0 for day, *_ in said),
        at=at,
        day=np.array([day for day, *_ in said], np.int32),
        person=person,
        parent=np.full(len(said), -1, np.int32) if parent is None else np.array(parent, np.int32),
        inferred=np.zeros(len(said), np.bool_),
        marks=np.zeros(len(said), np.uint16),
        ours=np.zeros(len(said), np.bool_),
        people=list(range(people)),
        names=[f"人{n}" for n in range(people)],
        is_bot=np.array([n in bots for n in range(people)], np.bool_),
        is_staff=np.array([n in staff_ for n in range(people)], np.bool_),
        first_at=began if first_at is None else np.array(first_at, np.float64),
        joined_at=np.zeros(0),
        joined_person=np.zeros(0, np.int32),
        left_at=np.zeros(0),
        left_person=np.zeros(0, np.int32),
    )
    return replace(facts, **more)


HOUR = 3600
HOST, OLD, NEW, LATE, BOT = range(5)
LINES = (
    # day, second, who, marks, answers (a line), addresses
    (-40, 9 * HOUR, OLD, 0, -1, -1),
    (-1, 9 * HOUR, HOST, 0, -1, -1),
    (0, 9 * HOUR, HOST, Mark.WE, -1, -1),
    (0, 9 * HOUR + 240, HOST, Mark.LINK, -1, -1),
    (0, 20 * HOUR, NEW, Mark.QUESTION, -1, -1),
    (0, 20 * HOUR + 10, BOT, 0, 4, -1),
    (0, 20 * HOUR + 600, HOST, Mark.GREETING, 4, NEW),
    (1, 8 * HOUR, NEW, Mark.THANKS, 6, -1),
    (2, 9 * HOUR, OLD, Mark.ADVERT | Mark.LINK, -1, -1),
    (2, 9 * HOUR + 60, LATE, Mark.QUESTION, -1, -1),
    (2, 9 * HOUR + 120, LATE, Mark.ANGER, -1, -1),
    (4, 9 * HOUR, HOST, 0, 9, -1),
    (5, 9 * HOUR, NEW, Mark.QUESTION, -1, OLD),
)
"""A host, an old member who comes back after forty days, a newcomer who is welcomed and one who is not, and a bot."""


def story():
    """Facts of LINES: six days from Thursday, 1 January 2026, with two entries and a departure."""
    facts = made(
        [(day, second, person) for day, second, person, *_ in LINES],
        days=6,
        bots=(BOT,),
        staff_=(HOST,),
        parent=[parent for *_, parent, _ in LINES],
        marks=np.array([int(marks) for _, _, _, marks, _, _ in LINES], np.uint16),
        addressed=np.array([whom for *_, whom in LINES], np.int32),
        present=np.array([11, 11, 12, 12, 11, 11], np.float32),
    )
    begin = datetime(2026, 1, 1, tzinfo=SHANGHAI).timestamp()
    return replace(
        facts,
        joined_at=np.array([begin + 12 * HOUR, begin + 2 * 86_400 + HOUR]),
        joined_person=np.array([NEW, LATE], np.int32),
        left_at=np.array([begin + 4 * 86_400 + HOUR]),
        left_person=np.array([-1], np.int32),
    )
