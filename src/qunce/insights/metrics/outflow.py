"""Of those who spoke in the first half of the stretch, the share who said nothing in the second."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import outflow
from qunce.insights.types import Facts, Unit


class Outflow(Metric):
    """See `definition`."""

    title = gettext_noop("Outflow")
    definition = gettext_noop(
        "Of those who spoke in the first half of the stretch, the share who said nothing in the second."
    )
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return outflow(facts)
