"""The fewest people who together said at least half of all messages."""

from django.utils.translation import gettext_noop

from qunce.insights.metric import Metric
from qunce.insights.policies.counting import none_or_float
from qunce.insights.policies.statistics import absence_factor, messages_per_person
from qunce.insights.types import Facts, Unit


class AbsenceFactor(Metric):
    """See `definition`."""

    title = gettext_noop("Contributor absence factor")
    definition = gettext_noop("The fewest people who together said at least half of all messages.")
    source = "CHAOSS, Contributor Absence Factor"
    unit = Unit.COUNT

    def over(self, facts: Facts) -> float | None:
        """The number for the whole stretch."""
        return none_or_float(absence_factor(messages_per_person(facts)))
