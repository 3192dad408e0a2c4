"""The share of people's messages that are probably advertising."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import marked, share
from qunce.insights.types import Facts, Mark, Unit


class AdShare(Metric):
    """See `definition`."""

    title = gettext_noop("Share of advertisements")
    definition = gettext_noop("The share of people's messages that are probably advertising.")
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return share(marked(facts, Mark.ADVERT).sum(), facts.said.sum())
