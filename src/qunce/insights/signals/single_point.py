"""A single point of failure: the group lives only on days when somebody leads it."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import FORTNIGHT, MONTH, USUAL, Column, either, lived, mean, of, ramp, recent
from qunce.insights.signals._measured import SEVERITY, Measured, Shown, said_by
from qunce.insights.types import Facts, Panel, Unit

DAYS = USUAL + MONTH
LEAST = 5
OTHERS = 1.5
"""Days with, and days without the team."""


class SinglePoint(Measured):
    """Members who speak on days without a word of the team, against days with one."""

    title = gettext_noop("Everything hangs on the team")
    threshold = gettext_noop(
        "Said where on days without the team fewer than half as many members speak as on days with it, fully"
        " at a tenth; at least five days of each: our convention."
    )
    weight = 10
    reads = ("active", "staff_active")
    proposal = "committee"
    chance = 0.4
    about_team = True
    window = DAYS
    sentence = gettext_noop(
        "Members speaking on days when the team says nothing: %(without)s; on the others: %(with)s (twelve weeks)."
    )
    shown = (
        Shown("with", gettext_noop("Members speaking on days with the team"), Unit.COUNT),
        Shown("without", gettext_noop("Members speaking on days without it"), Unit.COUNT),
        Shown("left", gettext_noop("What is left without the team"), Unit.SHARE, 0.5),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        staff, active = (recent(lived(panel, key), DAYS) for key in ("staff_active", "active"))
        others = active - staff
        led, alone = staff > 0, staff == 0
        with_it = mean(either(led, others, np.nan), least=0.0)
        without = mean(either(alone, others, np.nan), least=0.0)
        enough = (led.sum(axis=1) >= LEAST) & (alone.sum(axis=1) >= LEAST)
        # Where the team has just left for good it is a matter of leadership, not of every single day.
        enough &= recent(led, FORTNIGHT).any(axis=1)
        enough &= with_it >= OTHERS  # where hardly anybody else speaks anyway, nothing hangs on anybody
        left = of(without, with_it)
        severity = either(enough, ramp(left, 0.5, 0.1), np.nan)
        return {SEVERITY: severity, "with": with_it, "without": without, "left": left}

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        return said_by(facts, facts.is_staff, within)
