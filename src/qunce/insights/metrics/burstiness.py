"""How much messages come in bursts."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.statistics import burstiness
from qunce.insights.types import Facts, Unit


class Burstiness(Metric):
    """See `definition`."""

    title = gettext_noop("Burstiness")
    definition = gettext_noop(
        "How much messages come in bursts: −1 at regular intervals, 0 by chance, towards 1 in bursts. "
        "With few messages it comes out too low."
    )
    source = "Goh & Barabási 2008"
    unit = Unit.INDEX

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return burstiness(facts.at[facts.said])
