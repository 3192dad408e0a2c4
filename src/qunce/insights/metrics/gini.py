"""How unequally messages are spread over those who spoke."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.statistics import gini, messages_per_person
from qunce.insights.types import Facts, Unit


class GiniOfMessages(Metric):
    """See `definition`."""

    title = gettext_noop("Gini coefficient of messages")
    definition = gettext_noop(
        "How unequally messages are spread over those who spoke: 0 all said the same, towards 1 one said everything."
    )
    source = "Gini 1912"
    unit = Unit.INDEX

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return gini(messages_per_person(facts))
