"""Of those who first spoke in a month, the share who spoke in the next month too, pooled over the months."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.statistics import retention
from qunce.insights.types import Facts, Unit


class Retention(Metric):
    """See `definition`."""

    title = gettext_noop("Retention in the next month")
    definition = gettext_noop(
        "Of those who first spoke in a month, the share who spoke in the next month too, pooled over the months."
    )
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return retention(facts)
