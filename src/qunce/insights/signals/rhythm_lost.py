"""The group loses its rhythm: fewer and fewer people speak, against what was usual here."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import (
    FORTNIGHT,
    MONTH,
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
from qunce.insights.signals._measured import SEVERITY, Measured, Rare, Shown
from qunce.insights.types import Facts, Panel, Unit

RARELY = 0.04
"""One day of a month."""
WEIGHT = 2.0
"""People-days."""


class RhythmLost(Measured):
    """The last two weeks against the eight before; a group that nobody speaks in any more has lost it altogether."""

    title = gettext_noop("Rhythm lost")
    threshold = gettext_noop(
        "Said from 60 per cent of the people per day that were usual in the eight weeks before, fully at 10"
        " per cent: our convention. For comparison: of 474,726 WeChat groups 40 per cent fell silent within a"
        " week (Qiu et al. 2016)."
    )
    weight = 45
    reads = ("active",)
    proposal = "fixed_hour"
    chance = 0.3
    alarm = gettext_noop("%(group)s is falling silent.")
    window = FORTNIGHT
    sentence = gettext_noop("On an average day %(now)s speak; in the eight weeks before it was %(before)s.")
    shown = (
        Shown("now", gettext_noop("People speaking per day, last 14 days"), Unit.COUNT),
        Shown("before", gettext_noop("People speaking per day, eight weeks before"), Unit.COUNT),
        Shown("left", gettext_noop("What is left of it"), Unit.SHARE, 0.6),
    )

    rare = Rare(
        ("now", "before"),
        1.0,
        gettext_noop("Hardly anybody speaks here: on %(days)s of the last 14 days."),
        (Shown("days", gettext_noop("Days on which anybody spoke, last 14 days"), Unit.COUNT),),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        active = lived(panel, "active")
        now, before = mean(recent(active, FORTNIGHT)), mean(earlier(active, FORTNIGHT))
        left = ratio(now * FORTNIGHT, before * FORTNIGHT, WEIGHT)
        spoken = either(np.isfinite(active), active > 0, np.nan)
        silent = (mean(recent(spoken, MONTH)) <= RARELY) & (mean(earlier(spoken, MONTH, USUAL)) <= RARELY)
        severity = either(silent & (panel.age >= USUAL), 1, ramp(left, 0.6, 0.1))
        days = mean(recent(spoken, FORTNIGHT)) * FORTNIGHT
        return {SEVERITY: severity, "now": now, "before": before, "left": left, "days": days}

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:  # noqa: ARG002 (the last ones, whenever)
        return np.flatnonzero(facts.said)[-3:]
