"""The share of people's messages that the team and those who lead the group said."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import share, staffs
from qunce.insights.types import Facts, Unit


class StaffShare(Metric):
    """See `definition`."""

    title = gettext_noop("Share of staff")
    definition = gettext_noop(
        "The share of people's messages that the team and those who lead the group said. Where nobody is"
        " known, that is who said most in its first 30 days: a guess."
    )
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return share(staffs(facts).sum(), facts.said.sum())
