"""An estimate."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.staff import minutes_per_day
from qunce.insights.types import Facts, Unit


class StaffMinutes(Metric):
    """See `definition`."""

    title = gettext_noop("Staff time (estimate)")
    definition = gettext_noop(
        "An estimate: messages of one person of the staff at most 5 minutes apart are one sitting, which"
        " lasts from its first to its last message and a minute at least. Service and operations cannot "
        "be told apart yet, and reading is not seen."
    )
    unit = Unit.MINUTES
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(minutes_per_day(facts).sum())

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return minutes_per_day(facts)
