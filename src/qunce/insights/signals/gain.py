"""Gain: what members actually received."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from qunce.insights.policies.windows import MONTH, Column, lived, mean, of, ramp, recent, total
from qunce.insights.signals._measured import SEVERITY, Measured, Shown
from qunce.insights.types import Panel, Unit


class Gain(Measured):
    """Gains recorded in four weeks for every one who speaks on a day."""

    title = gettext_noop("Members gain something")
    threshold = gettext_noop("From none to one gain a month for every one who speaks on a day: our convention.")
    weight = -12
    reads = ("gains", "active")
    needs = ("rewards",)
    window = MONTH
    sentence = gettext_noop("Gains recorded in four weeks: %(gains)s; on an average day %(people)s speak.")
    shown = (
        Shown("gains", gettext_noop("Gains recorded, four weeks"), Unit.COUNT),
        Shown("people", gettext_noop("People speaking per day"), Unit.COUNT),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        gains, people = total(recent(lived(panel, "gains"), MONTH)), mean(recent(lived(panel, "active"), MONTH))
        each = of(gains, people)
        return {SEVERITY: ramp(each, 0, 1), "gains": gains, "people": people}
