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


@dataclass(frozen=True, slots=True)
class Finding:
    """What a signal says of one group: how strongly (0 to 1), in a sentence with values, and why."""

    signal: str
    severity: float
    sentence: str
    """For the catalogue, with the names of `values` in it: ``%(share)s of …``."""
    values: Mapping[str, float | int | str] = field(default_factory=dict)
    evidence: Evidence = Evidence()
