"""Conversion: the group's people buy what it is there for."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop

from qunce.insights.policies.windows import MONTH, USUAL, Column, earlier, lived, ramp, ratio, recent, total
from qunce.insights.signals._measured import SEVERITY, Measured, Shown
from qunce.insights.types import Panel, Unit


class Conversion(Measured):
    """Orders of four weeks against the usual of the eight before."""

    title = gettext_noop("Fewer orders")
    threshold = gettext_noop(
        "Said from 60 per cent of the orders that were usual in the eight weeks before, fully at 10 per cent:"
        " our convention."
    )
    weight = 12
    reads = ("orders",)
    needs = ("commerce",)
    chance = 0.3
    window = MONTH
    sentence = gettext_noop("Orders in four weeks: %(now)s; before it was %(before)s.")
    shown = (
        Shown("now", gettext_noop("Orders, four weeks"), Unit.COUNT),
        Shown("before", gettext_noop("Orders in four weeks, before"), Unit.COUNT),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        orders = lived(panel, "orders")
        now = total(recent(orders, MONTH))
        before = total(earlier(orders, MONTH)) * np.float32(MONTH / USUAL)
        return {SEVERITY: ramp(ratio(now, before, 2.0), 0.6, 0.1), "now": now, "before": before}
