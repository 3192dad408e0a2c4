"""Belonging: newcomers are greeted by name, members say "we", and who was away comes back."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import USUAL, Column, lived, of, ramp, recent, share, total
from qunce.insights.signals._measured import SEVERITY, Measured, Shown, marked
from qunce.insights.types import Facts, Mark, Panel, Unit

KNOWN = 2
"""Of the three signs, at least."""


class Belonging(Measured):
    """The mean of three signs; what is not known of one of them is left out."""

    title = gettext_noop("Belonging")
    threshold = gettext_noop(
        "The mean of three signs, from none to fully: newcomers greeted by name (10 per cent to 50 per cent),"
        " messages that say “we” (2 per cent to 8 per cent), and among voices that are not heard every month"
        " those that come back instead of being new (20 per cent to 60 per cent): our convention."
    )
    weight = -8
    reads = ("new_speakers", "newcomers_greeted", "we_messages", "messages", "returning")
    window = USUAL
    sentence = gettext_noop(
        "Newcomers greeted by name: %(greeted)s. Messages that say “we”: %(we)s. Came back after a month or"
        " more: %(returned)s people in eight weeks."
    )
    shown = (
        Shown("greeted", gettext_noop("Newcomers greeted by name"), Unit.SHARE, 0.1),
        Shown("we", gettext_noop("Messages that say “we”"), Unit.SHARE, 0.02),
        Shown("returned", gettext_noop("Came back after a month or more, eight weeks"), Unit.COUNT),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        new, met, ours, said, returned = (
            total(recent(lived(panel, key), USUAL))
            for key in ("new_speakers", "newcomers_greeted", "we_messages", "messages", "returning")
        )
        greeted, we = share(met, new, 0.1, 3.0), share(ours, said, 0.02, 20.0)
        back = share(returned, new + returned, 0.2, 5.0)
        signs = np.stack([ramp(greeted, 0.1, 0.5), ramp(we, 0.02, 0.08), ramp(back, 0.2, 0.6)])
        known = np.isfinite(signs).sum(axis=0)
        added = np.nansum(signs, axis=0)
        severity = np.divide(added, known, out=np.full(known.shape, np.nan, np.float32), where=known >= KNOWN)
        return {SEVERITY: severity, "greeted": of(met, new), "we": of(ours, said), "returned": returned}

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:
        return marked(facts, within, Mark.GREETING | Mark.WE)
