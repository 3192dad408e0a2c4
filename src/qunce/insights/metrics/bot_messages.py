"""What bots and our own accounts sent."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import bots, per_day
from qunce.insights.types import Facts, Unit


class BotMessages(Metric):
    """See `definition`."""

    title = gettext_noop("Messages of bots")
    definition = gettext_noop("What bots and our own accounts sent.")
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(bots(facts).sum())

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return per_day(facts, bots(facts))
