"""How much more people answer within circles of the group than by chance."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.graphs import modularity, replies, undirected
from qunce.insights.types import Facts, Unit


class Modularity(Metric):
    """See `definition`."""

    title = gettext_noop("Modularity")
    definition = gettext_noop(
        "How much more people answer within circles of the group than by chance: 0 not at all, towards 1"
        " the group falls apart into circles."
    )
    source = "Clauset, Newman & Moore 2004; Blondel et al. 2008"
    unit = Unit.INDEX

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return modularity(undirected(replies(facts)))
