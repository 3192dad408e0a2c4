"""People's messages that speak of the group as "we", by a rule of thumb."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import marked, per_day
from qunce.insights.types import Facts, Mark, Unit


class WeMessages(Metric):
    """See `definition`."""

    title = gettext_noop('Messages that say "we"')
    definition = gettext_noop(
        'People\'s messages that speak of the group as "we", by a rule of thumb: a sign of belonging.'
    )
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(marked(facts, Mark.WE).sum())

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return per_day(facts, marked(facts, Mark.WE))
