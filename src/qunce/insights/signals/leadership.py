"""Leadership weakens: the owner and the team fall silent."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import (
    FORTNIGHT,
    USUAL,
    Column,
    earlier,
    either,
    lived,
    mean,
    ramp,
    ratio,
    recent,
)
from qunce.insights.signals._measured import SEVERITY, Measured, Shown, said_by
from qunce.insights.types import Facts, Panel, Unit

LED = 0.1
"""Of the days: where the team hardly ever spoke there is no leadership to lose."""


class Leadership(Measured):
    """On how many days somebody of the team speaks, the last two weeks against the eight before."""

    title = gettext_noop("Leadership weakens")
    threshold = gettext_noop(
        "Said where the team speaks on fewer than 60 per cent as many days as in the eight weeks before,"
        " fully at 10 per cent, if it spoke on at least a tenth of the days then: our convention. A silent"
        " owner is what operators name as the first sign of decline."
    )
    weight = 25
    reads = ("staff_active",)
    proposal = "owner_returns"
    chance = 0.6
    alarm = gettext_noop("The team has fallen silent in %(group)s.")
    about_team = True
    window = FORTNIGHT + USUAL
    sentence = gettext_noop("The team spoke on %(now)s of the last 14 days, before on %(before)s of 14.")
    shown = (
        Shown("now", gettext_noop("Days on which the team spoke, last 14 days"), Unit.COUNT),
        Shown("before", gettext_noop("Days of 14 on which the team spoke, eight weeks before"), Unit.COUNT),
        Shown("left", gettext_noop("What is left of it"), Unit.SHARE, 0.6),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        staff = lived(panel, "staff_active")
        led = either(np.isfinite(staff), staff > 0, np.nan)
        now, before = mean(recent(led, FORTNIGHT)), mean(earlier(led, FORTNIGHT))
        left = ratio(now * FORTNIGHT, before * FORTNIGHT, 0.5)
        severity = either(before >= LED, ramp(left, 0.6, 0.1), np.nan)
        return {SEVERITY: severity, "now": now * FORTNIGHT, "before": before * FORTNIGHT, "left": left}

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        return said_by(facts, facts.is_staff, within)

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:
        return np.flatnonzero(within & facts.said & facts.is_staff[facts.person])[-3:]
