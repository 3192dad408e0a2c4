"""Overload: ever fewer people say ever more."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import FORTNIGHT, USUAL, Column, earlier, lived, mean, ramp, ratio, recent
from qunce.insights.signals._measured import SEVERITY, Measured, Shown, everybody, said_by
from qunce.insights.types import Facts, Panel, Unit


class Overload(Measured):
    """Messages per person who speaks, and whether others fall silent meanwhile."""

    title = gettext_noop("Overload")
    threshold = gettext_noop(
        "Said where each who speaks says half as much again as in the eight weeks before while fewer people"
        " speak, fully at three times as much with 60 per cent of the people; or from 30 messages a day per"
        " person who speaks, fully at 90: our convention."
    )
    weight = 18
    reads = ("load", "active")
    proposal = "split_topics"
    chance = 0.5
    window = FORTNIGHT
    sentence = gettext_noop(
        "%(now)s messages a day per person who speaks, %(before)s before; the number of people who speak is"
        " at %(people)s of what it was."
    )
    shown = (
        Shown("now", gettext_noop("Messages a day per person who speaks, last 14 days"), Unit.COUNT, 30),
        Shown("before", gettext_noop("The same, eight weeks before"), Unit.COUNT),
        Shown("people", gettext_noop("People who speak, against before"), Unit.SHARE, 0.9),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        load, active = lived(panel, "load"), lived(panel, "active")
        # A silent day has no load, and says nothing against that of the others.
        now, before = mean(recent(load, FORTNIGHT), least=0.2), mean(earlier(load, FORTNIGHT, USUAL), least=0.2)
        people = ratio(mean(recent(active, FORTNIGHT)) * FORTNIGHT, mean(earlier(active, FORTNIGHT)) * FORTNIGHT, 2.0)
        pushed = ramp(ratio(now, before, 0.5), 1.5, 3) * ramp(people, 0.9, 0.6)
        severity = np.fmax(ramp(now, 30, 90), pushed)
        return {SEVERITY: severity, "now": now, "before": before, "people": people}

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        return said_by(facts, everybody(facts), within)
