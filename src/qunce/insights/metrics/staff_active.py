"""How many of the team and those who lead the group said something."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import people_per_day, staffs
from qunce.insights.types import Facts, Unit


class StaffActive(Metric):
    """See `definition`."""

    title = gettext_noop("Staff who spoke")
    definition = gettext_noop(
        "How many of the team and those who lead the group said something. Where nobody is known, that "
        "is who said most in its first 30 days: a guess."
    )
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(np.unique(facts.person[staffs(facts)]).size)

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return people_per_day(facts, staffs(facts))
