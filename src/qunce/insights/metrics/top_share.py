"""The share of people's messages that the busiest one said."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import top_share
from qunce.insights.policies.statistics import messages_per_person, share_of_busiest
from qunce.insights.types import Facts, Unit


class TopShare(Metric):
    """See `definition`."""

    title = gettext_noop("Share of the busiest")
    definition = gettext_noop("The share of people's messages that the busiest one said.")
    unit = Unit.SHARE
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return share_of_busiest(messages_per_person(facts), 1)

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return top_share(facts)
