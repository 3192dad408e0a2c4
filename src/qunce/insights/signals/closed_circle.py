"""A closed circle: few speak, and who is new is not answered."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import USUAL, Column, either, lived, mean, of, ramp, recent, share, total
from qunce.insights.signals._measured import SEVERITY, Measured, Rare, Shown, answered, everybody, firsts, said_by
from qunce.insights.types import Facts, Panel, Unit

USUALLY = 0.61
FEWEST = 3
"""Of two newcomers nothing can be said."""
WEIGHT = 3.0


class ClosedCircle(Measured):
    """Newcomers who get an answer, made worse by how small a part of the members speaks at all."""

    title = gettext_noop("Closed circle")
    threshold = gettext_noop(
        "Said where fewer than 61 per cent of those who speak for the first time are answered within a day,"
        " fully at 20 per cent, and the more the fewer members speak (5 per cent to 1 per cent a day). 61 per"
        " cent of newcomers got a reply in Usenet groups, and a reply made them post again (Joyce & Kraut"
        " 2006); how strongly both count together is our convention."
    )
    weight = 25
    reads = ("new_speakers", "newcomers_answered", "active")
    proposal = "greet_newcomers"
    chance = 0.6
    window = USUAL
    sentence = gettext_noop(
        "Of %(newcomers)s who spoke for the first time in eight weeks, %(answered)s were answered within a day."
    )
    shown = (
        Shown("newcomers", gettext_noop("Who spoke for the first time, eight weeks"), Unit.COUNT),
        Shown("answered", gettext_noop("Of them answered within a day"), Unit.SHARE, USUALLY),
        Shown("taking_part", gettext_noop("Members who speak on an average day"), Unit.SHARE, 0.05),
    )

    rare = Rare(
        ("newcomers",),
        10.0,
        gettext_noop("Spoke for the first time in eight weeks: %(newcomers)s; answered within a day: %(met)s."),
        (
            Shown("newcomers", gettext_noop("Who spoke for the first time, eight weeks"), Unit.COUNT),
            Shown("met", gettext_noop("Of them answered within a day, in numbers"), Unit.COUNT),
        ),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        newcomers = total(recent(lived(panel, "new_speakers"), USUAL))
        met = total(recent(lived(panel, "newcomers_answered"), USUAL))
        shut = ramp(share(met, newcomers, USUALLY, WEIGHT), USUALLY, 0.2)
        people = mean(recent(lived(panel, "active"), USUAL))
        taking_part = of(people, panel.size)
        few = np.nan_to_num(ramp(taking_part, 0.05, 0.01), nan=0.5)
        of_them = of(met, newcomers)
        return {
            SEVERITY: either((panel.age >= USUAL / 2) & (newcomers >= FEWEST), shut * (0.7 + 0.3 * few), np.nan),
            "newcomers": newcomers,
            "met": met,
            "answered": of_them,
            "taking_part": taking_part,
        }

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        return said_by(facts, everybody(facts), within)

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:
        return np.flatnonzero(within & firsts(facts) & ~answered(facts))
