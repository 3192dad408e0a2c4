"""Questions that nobody else answered within 24 hours."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.answers import unanswered_per_day
from qunce.insights.types import Facts, Unit


class Unanswered(Metric):
    """See `definition`."""

    title = gettext_noop("Unanswered questions")
    definition = gettext_noop(
        "Questions that nobody else answered within 24 hours. Answers are replies of the platform, or "
        "inferred where there are none; bots answer nobody, our accounts do. The last day cannot be "
        "judged yet."
    )
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(np.nansum(unanswered_per_day(facts)))

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return unanswered_per_day(facts)
