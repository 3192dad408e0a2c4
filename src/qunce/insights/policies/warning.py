"""Early warning: how likely it is that a group falls silent in the next 30 days, from what is seen before.

Silent means: in the 30 days that follow, people write less than a tenth of what was usual for as many days in the
eight weeks before. Groups that are silent already, that are not observed or silent on purpose are not warned of. The
rules are few, each between 0 and 1, with its part in the log-odds; `policies.evaluation` says what they are worth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies.marking import gettext_noop
from qunce.insights.policies.windows import (
    FORTNIGHT,
    MONTH,
    USUAL,
    Column,
    earlier,
    either,
    lived,
    mean,
    of,
    ramp,
    ratio,
    recent,
    row_of,
    share,
    total,
)
from qunce.insights.types import Clue, Panel, Warned

AHEAD = 30
"""Days that are foreseen."""
SILENT = 0.1
BACK = FORTNIGHT + USUAL
"""Days that are looked at."""
READS = ("active", "messages", "staff_active", "new_speakers", "returning", "questions", "unanswered")
WORTH_SAYING = 0.1
LED = 0.1
"""Of the days: where the team hardly ever spoke it cannot be missed."""
SOON = 0.5
"""From this probability on a group is warned of."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``met``: how far, [g] from 0 to 1, NaN where it is not known, and the number in the sentence."""

    key: str
    points: float
    sentence: str
    met: Callable[[Panel], tuple[Column, Column]]


BASE = -4.8
"""The log-odds of a group of which no rule is met: 1 in 120."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a model takes for the log-odds: of a group of which no rule is met, and of each rule by its key."""

    base: float
    points: Mapping[str, float]

    def odds(self, met: NDArray[np.float64]) -> NDArray[np.float64]:
        """[g] of features."""
        points = np.array([self.points.get(rule.key, 0.0) for rule in RULES])
        return np.asarray(self.base + met @ points, np.float64)


def _fall(panel: Panel) -> tuple[Column, Column]:
    active = lived(panel, "active")
    now, before = mean(recent(active, FORTNIGHT)) * FORTNIGHT, mean(earlier(active, FORTNIGHT)) * FORTNIGHT
    left = ratio(now, before, 1.0)
    return ramp(left, 0.8, 0.15), left


def _quiet_days(panel: Panel) -> tuple[Column, Column]:
    active = lived(panel, "active")
    quiet = either(np.isfinite(active), active == 0, np.nan)
    now, before = mean(recent(quiet, FORTNIGHT)), mean(earlier(quiet, FORTNIGHT))
    return ramp(now - before, 0.1, 0.7), now * FORTNIGHT


def _last_week(panel: Panel) -> tuple[Column, Column]:
    active = lived(panel, "active")
    now, before = total(recent(active, 7)), mean(earlier(active, FORTNIGHT)) * 7
    left = ratio(now, before, 1.0)
    return ramp(left, 0.6, 0.05), now


def _leaderless(panel: Panel) -> tuple[Column, Column]:
    staff = lived(panel, "staff_active")
    led = either(np.isfinite(staff), staff > 0, np.nan)
    now, before = mean(recent(led, FORTNIGHT)), mean(earlier(led, FORTNIGHT))
    gone = ramp(ratio(now * FORTNIGHT, before * FORTNIGHT, 0.5), 0.6, 0.1)
    return either(before > LED, gone, np.nan), now * FORTNIGHT


def _no_voices(panel: Panel) -> tuple[Column, Column]:
    fresh = lived(panel, "new_speakers") + np.nan_to_num(lived(panel, "returning"))
    now, people = total(recent(fresh, MONTH)), mean(recent(lived(panel, "active"), MONTH))
    each = of(now, people)
    return ramp(each, 0.5, 0.0), now


def _thin(panel: Panel) -> tuple[Column, Column]:
    people = mean(recent(lived(panel, "active"), MONTH))
    return ramp(people, 4, 0.5), people


def _unanswered(panel: Panel) -> tuple[Column, Column]:
    questions, left = (total(recent(lived(panel, key)[:, :-1], MONTH)) for key in ("questions", "unanswered"))
    part = share(left, questions, 0.4, 5.0)
    return ramp(part, 0.4, 0.9), part * 100


def _young(panel: Panel) -> tuple[Column, Column]:
    return ramp(panel.age, 60, 20), panel.age


RULES = (
    Rule("fall", 1.0, gettext_noop("In the last two weeks people spoke at %(now)s times their usual rate."), _fall),
    Rule("quiet_days", 1.0, gettext_noop("Days without a word among the last 14: %(now)s."), _quiet_days),
    Rule(
        "last_week",
        2.6,
        gettext_noop("Voices in the last week, counted day by day: %(now)s."),
        _last_week,
    ),
    Rule(
        "leaderless",
        1.4,
        gettext_noop("The team spoke on %(now)s of the last 14 days, less than usual."),
        _leaderless,
    ),
    Rule("no_voices", 0.6, gettext_noop("New or returning voices in four weeks: %(now)s."), _no_voices),
    Rule("thin", 0.4, gettext_noop("On an average day %(now)s speak: few to keep it going."), _thin),
    Rule("unanswered", 0.3, gettext_noop("Of 100 questions %(now)s had no answer."), _unanswered),
    Rule(
        "young",
        0.3,
        gettext_noop("The group is %(now)s days old; many do not get past their first weeks."),
        _young,
    ),
)


BUILT_IN = Weights(BASE, {rule.key: rule.points for rule in RULES})


def eligible(panel: Panel) -> NDArray[np.bool_]:
    """[g] of whom anything can be foreseen: observed, not on purpose silent, and not silent yet."""
    messages = lived(panel, "messages")
    now, usual = mean(recent(messages, FORTNIGHT)), mean(earlier(messages, FORTNIGHT))
    alive = (usual > 0) & (now > SILENT * usual)
    return alive & (panel.age >= FORTNIGHT + MONTH) & ~panel.planned_silence


def features(panel: Panel) -> NDArray[np.float64]:
    """[g, rules] how far each rule is met; what is not known counts as not met."""
    return np.stack([np.nan_to_num(rule.met(panel)[0]).astype(np.float64) for rule in RULES], axis=1)


def probabilities(panel: Panel, weights: Weights) -> Column:
    """[g] by a model; NaN where nothing can be foreseen."""
    return either(eligible(panel), sigmoid(weights.odds(features(panel))).astype(np.float32), np.nan)


def warned(panel: Panel, row: int, weights: Weights) -> Warned | None:
    """One group's probability and the rules that are met; None where nothing can be foreseen."""
    one = row_of(panel, row)
    probability = float(probabilities(one, weights)[0])
    if np.isnan(probability):
        return None
    clues = []
    for rule in RULES:
        met, value = (float(column[0]) for column in rule.met(one))
        points = weights.points.get(rule.key, 0.0) * met
        if met >= WORTH_SAYING and points > 0:
            clues.append(Clue(rule.key, rule.sentence, _values(value), points))
    return Warned(probability, sorted(clues, key=lambda clue: -clue.points))


def fell_silent(messages_before: Column, messages_after: Column) -> NDArray[np.bool_]:
    """[g] whether what was written per day is less than a tenth of what was usual."""
    return messages_after < SILENT * messages_before


def sigmoid(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-odds)), np.float64)


def _values(value: float) -> Mapping[str, str]:
    return {"now": f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"}  # noqa: PLR2004 (two digits)
