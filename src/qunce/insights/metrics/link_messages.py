"""People's messages with at least one address of a page."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import marked, per_day
from qunce.insights.types import Facts, Mark, Unit


class LinkMessages(Metric):
    """See `definition`."""

    title = gettext_noop("Messages with a link")
    definition = gettext_noop("People's messages with at least one address of a page.")
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(marked(facts, Mark.LINK).sum())

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return per_day(facts, marked(facts, Mark.LINK))
