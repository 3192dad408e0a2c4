"""Advertisement decay: the group turns into a notice board of offers."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import MONTH, Column, lived, of, ramp, recent, share, total
from qunce.insights.signals._measured import SEVERITY, Measured, Shown, marked
from qunce.insights.types import Facts, Mark, Panel, Unit

USUALLY = 0.02
WEIGHT = 10.0


class AdDecay(Measured):
    """The share of what people say that looks like advertising."""

    title = gettext_noop("Advertising takes over")
    threshold = gettext_noop(
        "Said from one message in ten that looks like advertising, fully at four in ten; what looks so is a"
        " rule of thumb: our convention."
    )
    weight = 30
    reads = ("ad_messages", "messages")
    proposal = "ad_window"
    chance = 0.8
    alarm = gettext_noop("Advertising takes over in %(group)s.")
    window = MONTH
    sentence = gettext_noop("%(share)s of the messages of four weeks look like advertising: %(ads)s of %(messages)s.")
    shown = (
        Shown("ads", gettext_noop("Messages that look like advertising"), Unit.COUNT),
        Shown("messages", gettext_noop("Messages of people, four weeks"), Unit.COUNT),
        Shown("share", gettext_noop("Share of advertising"), Unit.SHARE, 0.1),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        ads, messages = (total(recent(lived(panel, key), MONTH)) for key in ("ad_messages", "messages"))
        seen = of(ads, messages)
        severity = ramp(share(ads, messages, USUALLY, WEIGHT), 0.1, 0.4)
        return {SEVERITY: severity, "ads": ads, "messages": messages, "share": seen}

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        posted = np.bincount(facts.person[marked(facts, within, Mark.ADVERT)], minlength=len(facts.people))
        return [int(each) for each in np.argsort(-posted, kind="stable") if posted[each]]

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:
        return marked(facts, within, Mark.ADVERT)
