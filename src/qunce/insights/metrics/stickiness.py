"""The mean number of daily active people by all active people, over the last 30 days; days without anything count."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.statistics import stickiness
from qunce.insights.types import Facts, Unit


class Stickiness(Metric):
    """See `definition`."""

    title = gettext_noop("Stickiness")
    definition = gettext_noop(
        "The mean number of daily active people by all active people, over the last 30 days; days "
        "without anything count."
    )
    source = "DAU/MAU"
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return stickiness(facts)
