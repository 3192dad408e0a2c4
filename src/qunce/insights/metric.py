"""The interface of a metric: what is measured, and how. One file per metric in ``insights/metrics/``."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from qunce.insights.types import Facts, Unit
from qunce.kernel.registry import Registry


class Metric(ABC):
    """One metric, declared once: pages, reports and signals show the same number with the same definition."""

    key: ClassVar[str]
    title: ClassVar[str]
    """A few words for the catalogue."""
    definition: ClassVar[str]
    """The rule, in a sentence for the catalogue; shown wherever the number is."""
    source: ClassVar[str] = ""
    """Who defined it so."""
    unit: ClassVar[Unit]
    daily: ClassVar[bool] = False
    """Kept for every day of every group (a series): `days` is implemented."""

    @abstractmethod
    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch; None where there is nothing to measure."""

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """The number of each day of the stretch, [stretch.count]; NaN where a day has none."""
        raise NotImplementedError(self.key)


metrics: Registry[Metric] = Registry(Metric, "metrics")  # type: ignore[type-abstract]
