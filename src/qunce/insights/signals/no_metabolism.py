"""No metabolism: nobody new speaks, nobody comes back, nobody comes or goes."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import MONTH, USUAL, Column, either, lived, mean, of, ramp, recent, total
from qunce.insights.signals._measured import SEVERITY, Measured, Shown, everybody, said_by
from qunce.insights.types import Facts, Panel, Unit

OLD_ENOUGH = USUAL + MONTH
"""Before, everybody is new."""


class NoMetabolism(Measured):
    """New and returning voices a month against how many usually speak on a day; comings and goings soften it."""

    title = gettext_noop("No metabolism")
    threshold = gettext_noop(
        "Said where a month brings fewer than 30 new or returning voices for every 100 people of a usual day,"
        " fully at 5; less where members come and go (2 per cent to 10 per cent a month): our convention."
    )
    weight = 18
    reads = ("new_speakers", "returning", "active", "joined", "left")
    proposal = "invite_friends"
    chance = 0.4
    window = USUAL
    sentence = gettext_noop("New or returning voices a month: %(fresh)s; on a usual day %(people)s speak.")
    shown = (
        Shown("fresh", gettext_noop("New or returning voices a month"), Unit.COUNT),
        Shown("people", gettext_noop("People speaking on a usual day"), Unit.COUNT),
        Shown("turnover", gettext_noop("New or returning for each of them"), Unit.SHARE, 0.3),
        Shown("flow", gettext_noop("Members who come or go a month"), Unit.SHARE, 0.02),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        active = recent(lived(panel, "active"), USUAL)
        voices = lived(panel, "new_speakers") + np.nan_to_num(lived(panel, "returning"))
        fresh = total(recent(voices, USUAL)) * np.float32(MONTH / USUAL)
        people = mean(either(active > 0, active, np.nan), least=0.0)
        turnover = of(fresh, people)
        moved = total(recent(np.nan_to_num(lived(panel, "joined")) + np.nan_to_num(lived(panel, "left")), USUAL))
        flow = of(moved * MONTH / USUAL, panel.size)
        nobody = total(active) == 0
        still = either(nobody, 1, ramp(turnover, 0.3, 0.05) * (1 - np.nan_to_num(ramp(flow, 0.02, 0.1))))
        severity = either(panel.age >= OLD_ENOUGH, still, np.nan)
        return {SEVERITY: severity, "fresh": fresh, "people": people, "turnover": turnover, "flow": flow}

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        return said_by(facts, everybody(facts), within)
