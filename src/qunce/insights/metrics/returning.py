"""People who spoke that day and earlier on, but not in the 30 days before."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import returning
from qunce.insights.types import Facts, Unit


class Returning(Metric):
    """See `definition`."""

    title = gettext_noop("Returning members")
    definition = gettext_noop("People who spoke that day and earlier on, but not in the 30 days before.")
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(returning(facts).sum())

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return returning(facts)
