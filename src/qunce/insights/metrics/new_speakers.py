"""People who spoke in the group for the first time ever."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import counted_on, new_speakers
from qunce.insights.types import Facts, Unit


class NewSpeakers(Metric):
    """See `definition`."""

    title = gettext_noop("New speakers")
    definition = gettext_noop("People who spoke in the group for the first time ever.")
    source = "CHAOSS, New Contributors"
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(new_speakers(facts)[0].size)

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return counted_on(facts, new_speakers(facts)[1])
