"""After how many days half of those who began to speak have fallen silent."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.statistics import survival_curve
from qunce.insights.types import Facts, Unit


class SurvivalMedian(Metric):
    """See `definition`."""

    title = gettext_noop("Median stay of speakers")
    definition = gettext_noop(
        "After how many days half of those who began to speak have fallen silent: Kaplan–Meier; gone is "
        "who was silent for more than 30 days before the end, of others nobody knows yet."
    )
    source = "Kaplan & Meier 1958"
    unit = Unit.DAYS

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return survival_curve(facts).median
