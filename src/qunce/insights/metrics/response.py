"""The median time until somebody else first answered a question, of questions answered within 24 hours."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.answers import median_response
from qunce.insights.types import Facts, Unit


class Response(Metric):
    """See `definition`."""

    title = gettext_noop("Median first response")
    definition = gettext_noop(
        "The median time until somebody else first answered a question, of questions answered within 24 "
        "hours. Bots answer nobody, our accounts do."
    )
    source = "CHAOSS, Time to First Response"
    unit = Unit.SECONDS

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return median_response(facts)
