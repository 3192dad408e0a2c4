"""Of all pairs in which one answered the other, the share of those answered back."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.graphs import reciprocity, replies
from qunce.insights.types import Facts, Unit


class Reciprocity(Metric):
    """See `definition`."""

    title = gettext_noop("Reciprocity")
    definition = gettext_noop("Of all pairs in which one answered the other, the share of those answered back.")
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return reciprocity(replies(facts))
