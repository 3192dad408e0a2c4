"""People's messages of a day by the people who spoke that day."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import mean_known, people_per_day, per_day, ratio
from qunce.insights.types import Facts, Unit


class Load(Metric):
    """See `definition`."""

    title = gettext_noop("Messages per active member")
    definition = gettext_noop(
        "People's messages of a day by the people who spoke that day: what each of them has to read."
    )
    unit = Unit.INDEX
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return mean_known(self.days(facts))

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return ratio(per_day(facts, facts.said), people_per_day(facts, facts.said))
