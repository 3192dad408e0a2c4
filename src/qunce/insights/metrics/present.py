"""People known to be in the group at the end of the day."""

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import last_known
from qunce.insights.types import Facts, Unit


class Present(Metric):
    """See `definition`."""

    title = gettext_noop("Members known")
    definition = gettext_noop(
        "People known to be in the group at the end of the day: who only spoke before we came is not counted."
    )
    unit = Unit.COUNT
    daily = True

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return last_known(facts.present)

    def days(self, facts: Facts) -> NDArray[np.float32]:
        """By day."""
        return facts.present.astype(np.float32)
