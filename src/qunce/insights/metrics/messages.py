"""What people said."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import per_day
from qunce.insights.types import Facts, Unit


class Messages(Metric):
    """See `definition`."""

    title = gettext_noop("Messages")
    definition = gettext_noop("What people said. Bots and our own accounts are not counted.")
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(facts.said.sum())

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return per_day(facts, facts.said)
