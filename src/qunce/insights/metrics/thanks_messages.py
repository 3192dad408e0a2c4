"""People's messages that say thanks, by a rule of thumb."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import marked, per_day
from qunce.insights.types import Facts, Mark, Unit


class ThanksMessages(Metric):
    """See `definition`."""

    title = gettext_noop("Messages of thanks")
    definition = gettext_noop("People's messages that say thanks, by a rule of thumb.")
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(marked(facts, Mark.THANKS).sum())

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return per_day(facts, marked(facts, Mark.THANKS))
