"""The interface of a signal: one thing that goes well or badly in groups. One file each in ``insights/signals/``."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from qunce.insights.types import Facts, Finding, Panel
from qunce.kernel.registry import Registry


class Signal(ABC):
    """What is looked for in the series of all groups at once, and explained for one."""

    key: ClassVar[str]
    title: ClassVar[str]
    """A few words for the catalogue."""
    threshold: ClassVar[str]
    """From when on it is said, and who says so, in a sentence for the catalogue."""
    weight: ClassVar[float]
    """Its share in the score (policies.health); negative: it is good news and adds."""
    reads: ClassVar[Sequence[str]]
    """Keys of the daily metrics that it looks at."""
    needs: ClassVar[Sequence[str]] = ()
    """Parts of the product it cannot do without; while one is missing it is neither computed nor shown."""
    proposal: ClassVar[str] = ""
    """The key of a playbook of the library that is proposed against it."""
    chance: ClassVar[float] = 0.0
    """How likely an hour of a person makes it better, from 0 to 1: our convention, for the order of lists alone."""
    alarm: ClassVar[str] = ""
    """What the team is told when it becomes strong, with a place for the ``group``'s name; empty: nothing."""

    @abstractmethod
    def measure(self, panel: Panel) -> NDArray[np.float32]:
        """How strongly each group shows it, [g]: 0 not at all, 1 fully, NaN where too little is known to say."""

    @abstractmethod
    def explain(self, panel: Panel, row: int, severity: float, facts: Facts | None = None) -> Finding:
        """What it found in the group of that row, with its evidence.

        ``facts``: the group's messages, where the reader opens it: then people and messages are named too.
        """

    def explain_rows(self, panel: Panel, rows: Mapping[int, float]) -> dict[int, Finding]:
        """The same of many groups, of each row with its severity, for lists: what it rests on may be left out."""
        return {row: self.explain(panel, row, severity) for row, severity in rows.items()}


signals: Registry[Signal] = Registry(Signal, "signals")  # type: ignore[type-abstract]
