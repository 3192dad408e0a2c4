"""New speakers whom somebody greeted, by name or in answer, within 24 hours of their first message."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.answers import welcomed_in_all, welcomed_per_day
from qunce.insights.types import Facts, Unit


class NewcomersGreeted(Metric):
    """See `definition`."""

    title = gettext_noop("New speakers greeted")
    definition = gettext_noop(
        "New speakers whom somebody greeted, by name or in answer, within 24 hours of their first "
        "message. The last day cannot be judged yet."
    )
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return welcomed_in_all(facts, by_name=True)

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return welcomed_per_day(facts, by_name=True)
