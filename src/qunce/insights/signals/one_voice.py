"""One voice: on most days one person says most of it."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import MONTH, Column, either, lived, of, ramp, recent
from qunce.insights.signals._measured import SEVERITY, Measured, Shown, everybody, said_by
from qunce.insights.types import Facts, Panel, Unit

LEAST = 5
"""Days on which anything was said."""


class OneVoice(Measured):
    """The busiest person's share of each day, each day as heavy as what was said on it."""

    title = gettext_noop("One voice")
    threshold = gettext_noop(
        "Said where the busiest person of a day says more than half beyond an equal share, fully at 85 per"
        " cent, on at least five days of four weeks: our convention."
    )
    weight = 22
    reads = ("top_share", "active", "messages")
    proposal = "rotating_host"
    chance = 0.5
    window = MONTH
    sentence = gettext_noop("One person says %(share)s of what is said on a day on which %(people)s speak.")
    shown = (
        Shown("share", gettext_noop("Share of the busiest person of a day"), Unit.SHARE, 0.5),
        Shown("people", gettext_noop("People speaking on a day on which anything is said"), Unit.COUNT),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        top, active, messages = (recent(lived(panel, key), MONTH) for key in ("top_share", "active", "messages"))
        said = np.isfinite(top) & (messages > 0) & (active > 0)
        weight = np.where(said, messages, 0).astype(np.float32)
        heavy = weight.sum(axis=1)
        equal = 1 / np.maximum(np.where(said, active, 1), 1)
        beyond = np.where(active > 1, (top - equal) / np.maximum(1 - equal, 0.01), 1)

        def over(values: NDArray[np.float32]) -> Column:
            added = (np.where(said, values, 0) * weight).sum(axis=1)
            return of(added, heavy)

        enough = said.sum(axis=1) >= LEAST
        severity = either(enough, ramp(over(beyond), 0.5, 0.85), np.nan)
        return {SEVERITY: severity, "share": over(top), "people": over(active)}

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> list[int]:
        return said_by(facts, everybody(facts), within)[:1]

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:
        busiest = self.people(facts, within)
        return np.flatnonzero(within & facts.said & np.isin(facts.person, busiest))[-3:]
