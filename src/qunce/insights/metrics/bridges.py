"""People through whom alone parts of the group are connected by answers."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.graphs import bridges, replies, undirected
from qunce.insights.types import Facts, Unit


class Bridges(Metric):
    """See `definition`."""

    title = gettext_noop("Bridges")
    definition = gettext_noop("People through whom alone parts of the group are connected by answers.")
    unit = Unit.COUNT

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return float(len(bridges(undirected(replies(facts)))))
