"""The share of people's messages with at least one address of a page."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import marked, share
from qunce.insights.types import Facts, Mark, Unit


class LinkShare(Metric):
    """See `definition`."""

    title = gettext_noop("Share of messages with a link")
    definition = gettext_noop("The share of people's messages with at least one address of a page.")
    unit = Unit.SHARE

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return share(marked(facts, Mark.LINK).sum(), facts.said.sum())
