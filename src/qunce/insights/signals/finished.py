"""Finished on purpose: a course or project that has ended is no decline."""

from collections.abc import Mapping

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import FORTNIGHT, MONTH, Column, either, lived, of, ramp
from qunce.insights.signals._measured import SEVERITY, Measured, Shown, marked
from qunce.insights.types import Facts, Mark, Panel, Unit

WEEK = 7
BEFORE = 42


class Finished(Measured):
    """Planned by somebody, or: as lively as ever to the last, thanks on the last days, and nothing since.

    It does not count in the score: from `policies.health.ON_PURPOSE` on it exempts the group from it.
    """

    title = gettext_noop("Finished on purpose")
    threshold = gettext_noop(
        "Fully where somebody planned the end. Else taken for it where nothing was said for two weeks, 50 per"
        " cent to 90 per cent of the usual people spoke in the last two weeks before, and 5 per cent to 20 per"
        " cent of the last week's messages were thanks: our convention."
    )
    weight = 0
    reads = ("active", "messages", "thanks_messages")
    window = MONTH + FORTNIGHT
    sentence = gettext_noop(
        "It was lively to the end: %(lively)s of the usual people spoke in the last two weeks, %(thanks)s of"
        " the last week’s messages were thanks, and it has been silent for %(silent)s days."
    )
    shown = (
        Shown("lively", gettext_noop("People in the last two weeks against usual"), Unit.SHARE, 0.5),
        Shown("thanks", gettext_noop("Thanks in the last week"), Unit.SHARE, 0.05),
        Shown("silent", gettext_noop("Days of silence since"), Unit.DAYS, FORTNIGHT),
    )

    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        active, messages, thanks = (lived(panel, key) for key in ("active", "messages", "thanks_messages"))
        days = panel.stretch.count
        spoken = active > 0
        last = days - 1 - np.argmax(spoken[:, ::-1], axis=1)
        silent = either(np.any(spoken, axis=1, keepdims=True)[:, 0], days - 1 - last, np.nan)
        end = last + 1
        run_up = _between(active, end - FORTNIGHT, end) / FORTNIGHT
        usual = _between(active, end - FORTNIGHT - BEFORE, end - FORTNIGHT) / BEFORE
        lively = of(run_up, usual)
        said = _between(messages, end - WEEK, end)
        grateful = of(_between(thanks, end - WEEK, end), said)
        looks = either(silent >= FORTNIGHT, np.nan_to_num(ramp(lively, 0.5, 0.9) * ramp(grateful, 0.05, 0.2)), 0)
        severity = either(panel.planned_silence, 1, either(np.isfinite(silent), looks, np.nan))
        return {SEVERITY: severity, "lively": lively, "thanks": grateful, "silent": silent}

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:
        return marked(facts, within, Mark.THANKS)


def _between(series: NDArray[np.float32], first: NDArray[np.intp], end: NDArray[np.intp]) -> Column:
    """What each group's series adds up to in days of its own: ``first`` included, ``end`` not."""
    summed = np.concatenate([np.zeros((len(series), 1)), np.cumsum(np.nan_to_num(series), axis=1)], axis=1)
    rows, days = np.arange(len(series)), series.shape[1]
    found: Column = (summed[rows, np.clip(end, 0, days)] - summed[rows, np.clip(first, 0, days)]).astype(np.float32)
    return found
