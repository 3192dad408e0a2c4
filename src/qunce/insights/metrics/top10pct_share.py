"""The share of people's messages that the busiest tenth of those who spoke said."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.statistics import messages_per_person, share_of_top
from qunce.insights.types import Facts, Unit


class TopTenthShare(Metric):
    """See `definition`."""

    title = gettext_noop("Share of the busiest tenth")
    definition = gettext_noop("The share of people's messages that the busiest tenth of those who spoke said.")
    source = "Ochoa & Duval 2008"
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return share_of_top(messages_per_person(facts), 0.1)
