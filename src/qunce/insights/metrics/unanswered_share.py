"""The share of questions that nobody else answered within 24 hours; those of the last day cannot be judged yet."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.answers import unanswered_share
from qunce.insights.types import Facts, Unit


class UnansweredShare(Metric):
    """See `definition`."""

    title = gettext_noop("Share of unanswered questions")
    definition = gettext_noop(
        "The share of questions that nobody else answered within 24 hours; those of the last day cannot "
        "be judged yet."
    )
    source = "Burke et al. 2007"
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return unanswered_share(facts)
