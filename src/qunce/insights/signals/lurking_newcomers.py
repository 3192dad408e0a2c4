"""Newcomers come, and say nothing."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import USUAL, Column, lived, of, ramp, recent, share, total
from qunce.insights.signals._measured import SEVERITY, Measured, Shown
from qunce.insights.types import Facts, Panel, Unit

USUALLY = 0.2
WEIGHT = 5.0


class LurkingNewcomers(Measured):
    """First words against joins."""

    title = gettext_noop("Newcomers stay silent")
    threshold = gettext_noop(
        "Said where fewer first words than a fifth of the joins of eight weeks, fully at 5 per cent. By the"
        " 90-9-1 rule of thumb a tenth of a community says anything at all (Nielsen 2006); newcomers who were"
        " just invited should do better: our convention."
    )
    weight = 12
    reads = ("joined", "new_speakers")
    proposal = "first_words"
    chance = 0.5
    window = USUAL
    sentence = gettext_noop("Joined in eight weeks: %(joined)s; spoke for the first time: %(spoke)s (%(share)s).")
    shown = (
        Shown("joined", gettext_noop("Joined, eight weeks"), Unit.COUNT),
        Shown("spoke", gettext_noop("Who spoke for the first time, eight weeks"), Unit.COUNT),
        Shown("share", gettext_noop("First words for each join"), Unit.SHARE, USUALLY),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        joined, spoke = (total(recent(lived(panel, key), USUAL)) for key in ("joined", "new_speakers"))
        seen = of(spoke, joined)
        severity = ramp(share(spoke, joined, USUALLY, WEIGHT), USUALLY, 0.05)
        return {SEVERITY: severity, "joined": joined, "spoke": spoke, "share": seen}

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        if not within.any():
            return []
        came = facts.joined_person[facts.joined_at >= facts.at[within].min()]
        return [int(each) for each in dict.fromkeys(came) if each >= 0]
