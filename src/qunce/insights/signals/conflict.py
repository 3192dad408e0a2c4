"""Conflict: anger in what is said."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import FORTNIGHT, Column, earlier, lived, ramp, recent, share, total
from qunce.insights.signals._measured import SEVERITY, Measured, Shown, marked
from qunce.insights.types import Facts, Mark, Panel, Unit

USUALLY = 0.005
WEIGHT = 20.0


class Conflict(Measured):
    """The share of angry messages of two weeks, made worse by how much it has grown."""

    title = gettext_noop("Conflict")
    threshold = gettext_noop(
        "Said from 3 per cent of the messages of two weeks that sound angry, fully at 12 per cent, half of it"
        " where it was always so; what sounds angry is a rule of thumb: our convention."
    )
    weight = 30
    reads = ("anger_messages", "messages")
    proposal = "calm_down"
    chance = 0.6
    alarm = gettext_noop("People are angry in %(group)s.")
    window = FORTNIGHT
    sentence = gettext_noop("Messages of two weeks that sound angry: %(anger)s (%(share)s; before %(before)s).")
    shown = (
        Shown("anger", gettext_noop("Messages that sound angry, two weeks"), Unit.COUNT),
        Shown("share", gettext_noop("Their share"), Unit.SHARE, 0.03),
        Shown("before", gettext_noop("Their share in the eight weeks before"), Unit.SHARE),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        anger, messages = lived(panel, "anger_messages"), lived(panel, "messages")
        loud, said = total(recent(anger, FORTNIGHT)), total(recent(messages, FORTNIGHT))
        now = share(loud, said, USUALLY, WEIGHT)
        before = share(total(earlier(anger, FORTNIGHT)), total(earlier(messages, FORTNIGHT)), USUALLY, WEIGHT)
        grown = np.nan_to_num(ramp(now / before, 1, 2.5), nan=1.0)
        return {SEVERITY: ramp(now, 0.03, 0.12) * (0.5 + 0.5 * grown), "anger": loud, "share": now, "before": before}

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        loud = np.bincount(facts.person[marked(facts, within, Mark.ANGER)], minlength=len(facts.people))
        return [int(each) for each in np.argsort(-loud, kind="stable") if loud[each]]

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:
        return marked(facts, within, Mark.ANGER)
