"""The median time from a message to the next one by anybody else."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import median
from qunce.insights.policies.statistics import seconds_to_next_other
from qunce.insights.types import Facts, Unit


class NextMessage(Metric):
    """See `definition`."""

    title = gettext_noop("Time to the next voice")
    definition = gettext_noop("The median time from a message to the next one by anybody else.")
    unit = Unit.SECONDS

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return median(seconds_to_next_other(facts.at[facts.said], facts.person[facts.said]))
