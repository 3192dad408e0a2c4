"""The share of people's messages that fall into the busiest hour of the day, in the group's zone."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.statistics import busiest_hour_share
from qunce.insights.types import Facts, Unit


class Rhythm(Metric):
    """See `definition`."""

    title = gettext_noop("Share of the busiest hour")
    definition = gettext_noop(
        "The share of people's messages that fall into the busiest hour of the day, in the group's zone."
    )
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return busiest_hour_share(facts)
