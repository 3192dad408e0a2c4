"""Revival: after a lull, more people speak again."""

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
from qunce.insights.signals._measured import SEVERITY, Measured, Rare, Shown, everybody, said_by
from qunce.insights.types import Facts, Panel, Unit


class Revival(Measured):
    """The last two weeks against the four before them; only in groups old enough to have had better days."""

    title = gettext_noop("Revival")
    threshold = gettext_noop(
        "Said where 60 per cent more people speak per day than in the four weeks before, fully at four times"
        " as many, in groups of at least twelve weeks: our convention."
    )
    weight = -8
    reads = ("active",)
    window = FORTNIGHT
    sentence = gettext_noop("On an average day %(now)s speak; in the four weeks before it was %(before)s.")
    shown = (
        Shown("now", gettext_noop("People speaking per day, last 14 days"), Unit.COUNT),
        Shown("before", gettext_noop("People speaking per day, four weeks before"), Unit.COUNT),
        Shown("times", gettext_noop("As many as before"), Unit.SHARE, 1.6),
    )

    rare = Rare(
        ("now", "before"),
        1.0,
        gettext_noop("Somebody speaks here again: on %(days)s of the last 14 days."),
        (Shown("days", gettext_noop("Days on which anybody spoke, last 14 days"), Unit.COUNT),),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        active = lived(panel, "active")
        now, before = mean(recent(active, FORTNIGHT)), mean(earlier(active, FORTNIGHT, MONTH))
        # A group that was silent comes back as one that was nearly so.
        times = ratio(now * FORTNIGHT, np.maximum(before * FORTNIGHT, np.float32(1e-3)), 2.0)
        severity = either(panel.age >= USUAL + MONTH, ramp(np.log2(times), np.log2(1.6), 2), np.nan)
        spoken = either(np.isfinite(active), active > 0, np.nan)
        days = mean(recent(spoken, FORTNIGHT)) * FORTNIGHT
        return {SEVERITY: severity, "now": now, "before": before, "times": times, "days": days}

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        return said_by(facts, everybody(facts), within)
