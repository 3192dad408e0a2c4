"""People who entered the group, as far as its platform says."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import counted_on, days_of
from qunce.insights.types import Facts, Unit


class Joined(Metric):
    """See `definition`."""

    title = gettext_noop("Joined")
    definition = gettext_noop("People who entered the group, as far as its platform says.")
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(counted_on(facts, days_of(facts, facts.joined_at)).sum())

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return counted_on(facts, days_of(facts, facts.joined_at))
