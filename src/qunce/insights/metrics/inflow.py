"""New speakers by all who were active."""

import numpy as np
from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import new_speakers, share
from qunce.insights.types import Facts, Unit


class Inflow(Metric):
    """See `definition`."""

    title = gettext_noop("Inflow")
    definition = gettext_noop(
        "New speakers by all who were active: how much of the talk is by people who have just begun."
    )
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return share(new_speakers(facts)[0].size, np.unique(facts.person[facts.said]).size)
