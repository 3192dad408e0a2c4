"""What the team and those who lead the group said."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import per_day, staffs
from qunce.insights.types import Facts, Unit


class StaffMessages(Metric):
    """See `definition`."""

    title = gettext_noop("Messages of staff")
    definition = gettext_noop(
        "What the team and those who lead the group said. Where nobody is known, that is who said most "
        "in its first 30 days: a guess."
    )
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(staffs(facts).sum())

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return per_day(facts, staffs(facts))
