"""Health: series of many groups side by side, what signals find in them, and in which stage a group is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from qunce.insights.types.facts import Stretch
from qunce.insights.types.units import Unit

MessageKey: TypeAlias = tuple[int, datetime, UUID]
"""A message's (group, sent_at, id)."""


class Stage(StrEnum):
    """Where in its life a group is."""

    FORMING = "forming"
    GROWING = "growing"
    MATURE = "mature"
    DECLINING = "declining"
    DORMANT = "dormant"
    REVIVED = "revived"
    FINISHED = "finished"
    """It ended on purpose."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Daily series of many groups: ``g`` groups (rows), the days of one stretch (columns)."""

    group_ids: Sequence[int]
    """[g]"""
    stretch: Stretch
    series: Mapping[str, NDArray[np.float32]]
    """By the metric's key: [g, days]. NaN: not observed on that day."""
    age: NDArray[np.float32]
    """[g] days from the group's first message or adoption to the end of the stretch."""
    size: NDArray[np.float32]
    """[g] members by the end; NaN where nobody knows."""
    planned_silence: NDArray[np.bool_]
    """[g] the group's course or project is over on purpose, or it is on holiday."""

    def __getitem__(self, key: str) -> NDArray[np.float32]:
        """The series of a metric: [g, days]."""
        return self.series[key]


@dataclass(frozen=True, slots=True)
class Number:
    """One number of evidence, with what it is and what it is held against."""

    label: str
    """A sentence for the catalogue."""
    value: float
    unit: Unit
    bound: float | None = None
    """The threshold, where there is one."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a finding rests on: numbers, people, and messages, each to be opened."""

    numbers: Sequence[Number] = ()
    people: Sequence[int] = ()
    """Members."""
    messages: Sequence[MessageKey] = ()
    since: date | None = None
    until: date | None = None
    note: str = ""
    """What to be careful about; a sentence for the catalogue."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a signal says of one group: how strongly (0 to 1), in a sentence with values, and why."""

    signal: str
    severity: float
    sentence: str
    """For the catalogue, with the names of `values` in it: ``%(share)s of …``."""
    values: Mapping[str, float | int | str] = field(default_factory=dict)
    evidence: Evidence = Evidence()


# ------------------------------------------------------------------ what is kept, and what pages and reports show
class Silence(StrEnum):
    """Why a group is to be silent."""

    COURSE = "course"
    PROJECT = "project"
    HOLIDAY = "holiday"

    @property
    def ends_the_group(self) -> bool:
        """Whether nothing is meant to follow."""
        return self is not Silence.HOLIDAY


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to try against a finding: a playbook, drafted as a text. All but ``key`` are for the catalogue."""

    key: str
    title: str
    steps: Sequence[str]
    effect: str
    """What is expected of it."""
    metric: str
    """The key of the daily metric by which it is measured."""
    goal: str
    """By when which value counts as success."""
    days: int
    """How long it is given."""
    playbook: str = ""
    """The key of the playbook of the library that does it, where there is one."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one signal takes from the 100 points, or gives back (negative)."""

    signal: str
    title: str
    """For the catalogue."""
    weight: float
    severity: float
    points: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """A score with its reasons: the contributions' points add up to ``100 - score``.

    ``score`` None: too little is known, or the group's silence is planned. ``known``: share of the weights of
    which something is known.
    """

    score: float | None
    contributions: Sequence[Contribution]
    known: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stage and its days, both included."""

    stage: Stage
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Turn:
    """A day from which on clearly more or less is said: people speaking a day before and after, on the average."""

    day: date
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Clue:
    """One rule of the early warning that is met: a sentence for the catalogue, and its part in the log-odds."""

    key: str
    sentence: str
    values: Mapping[str, float | int | str]
    points: float


@dataclass(frozen=True, slots=True)
class Warned:
    """How likely the group falls silent within 30 days, and why; the strongest clues come first."""

    probability: float
    clues: Sequence[Clue]


@dataclass(frozen=True, slots=True)
class GroupHealth:
    """One group in a list of all. ``score`` None: not observed, too little yet, or silent on purpose.

    ``day``: as of when. ``change``: of the score over 30 days. ``trend``: active people in the last four weeks
    against the eight before, as the logarithm to base 2 (1: twice as many). ``size``: members, where known, else
    the people who spoke. ``risk``: of falling silent within 30 days. ``findings``: sentences in the reader's
    language, the strongest first.
    """

    group_id: int
    name: str
    community_id: int | None
    day: date
    score: float | None
    change: float | None
    stage: Stage | None
    trend: float | None
    size: float | None
    risk: float | None
    findings: Sequence[str]
    planned: bool


class GroupOrder(StrEnum):
    """In which order groups are listed."""

    WORST = "worst"
    FALLING = "falling"
    RISK = "risk"
    LARGEST = "largest"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class HealthDay:
    """What was kept of one group on one day."""

    day: date
    score: float | None
    stage: Stage | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything that is said of one group's health, as of ``day``.

    ``findings``: the strongest bad news first, good news at the end; ``proposals``: by the key of the signal.
    ``spans`` and ``turns``: the stages of the group's life and where its activity turned. ``missing``: titles of
    signals of which too little is known, for the catalogue. ``silence``: why it is silent on purpose.
    """

    group_id: int
    day: date
    observed: bool
    judgement: Judgement
    change: float | None
    stage: Stage | None
    findings: Sequence[Finding]
    proposals: Mapping[str, Proposal]
    spans: Sequence[Span]
    turns: Sequence[Turn]
    missing: Sequence[str]
    warning: Warned | None
    silence: Silence | None


@dataclass(frozen=True, slots=True)
class NextHour:
    """Where an hour of a person counts: the group, why (in the reader's language), and what to try.

    ``worth``: people whom it concerns × how bad it is × how likely it helps; only for the order and shares.
    """

    group_id: int
    name: str
    worth: float
    share: float
    """Of the worth of all groups: 0.2 is a fifth."""
    signal: str
    reason: str
    proposal: Proposal | None


@dataclass(frozen=True, slots=True)
class LifecyclePoint:
    """One group on the lifecycle map; or several of one stage near each other, without a name and with means.

    ``size``: members of all of them.
    """

    group_id: int
    name: str
    score: float
    trend: float
    size: float
    stage: Stage
    groups: int = 1
