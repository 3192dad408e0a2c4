"""People who said at least one thing."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import people_per_day
from qunce.insights.types import Facts, Unit


class Active(Metric):
    """See `definition`."""

    title = gettext_noop("Active members")
    definition = gettext_noop("People who said at least one thing.")
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(np.unique(facts.person[facts.said]).size)

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return people_per_day(facts, facts.said)
