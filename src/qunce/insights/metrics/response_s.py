"""The median time until somebody else first answered a question, of questions answered within 24 hours."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.answers import median_response, response_per_day
from qunce.insights.types import Facts, Unit


class ResponseSeconds(Metric):
    """See `definition`."""

    title = gettext_noop("Time to first response")
    definition = gettext_noop(
        "The median time until somebody else first answered a question, of questions answered within 24 "
        "hours. Bots answer nobody, our accounts do."
    )
    source = "CHAOSS, Time to First Response"
    unit = Unit.SECONDS
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return median_response(facts)

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return response_per_day(facts)
