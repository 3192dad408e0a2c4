"""The share of people's messages that the five busiest said."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.statistics import messages_per_person, share_of_busiest
from qunce.insights.types import Facts, Unit


class TopFiveShare(Metric):
    """See `definition`."""

    title = gettext_noop("Share of the five busiest")
    definition = gettext_noop("The share of people's messages that the five busiest said.")
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return share_of_busiest(messages_per_person(facts), 5)
