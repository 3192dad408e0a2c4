"""The share of those who joined and spoke within 7 days; who joined in the last 7 days cannot be judged yet."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.answers import speak_within
from qunce.insights.types import Facts, Unit


class NewcomersSpeak(Metric):
    """See `definition`."""

    title = gettext_noop("Joiners who speak within 7 days")
    definition = gettext_noop(
        "The share of those who joined and spoke within 7 days; who joined in the last 7 days cannot be judged yet."
    )
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return speak_within(facts, 7)
