"""The score: 100 points, less what signals take, plus what good ones give back.

Each signal of trouble takes its weight × its severity. Where little is known of a group the known signals stand for
the unknown ones (at most twice their weight), and together they never take more than all. Good news gives back at
most half of what trouble took. The points always add up to 100 minus the score.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies.windows import LEAST, MONTH, Column, Numbers, earlier, either, lived, mean, recent
from qunce.insights.types import Contribution, Judgement, Panel, Stage

FULL = 100.0
DAYS = 90
"""What is looked at."""
LEAST_AGE = 14
LEAST_KNOWN = 0.2
"""Of the weights; below, nothing is said."""
MOST_STRETCH = 2.0
ON_PURPOSE = 0.6
"""From this severity of `finished` on, a group is taken to have ended on purpose."""
FINISHED = "finished"
SAID_FROM = 0.1
"""A weaker finding is not worth a sentence."""
ALARMING, CALM = 0.7, 0.5
"""From this severity on a signal's alarm is raised, and below that one it ends."""
WORTH_AN_HOUR = 0.2
"""Weaker findings are not worth a person's hour."""
LIKELY = {Stage.DORMANT: 0.2, Stage.FINISHED: 0.0, Stage.DECLINING: 1.0}
"""How likely help still helps, by stage; 0.8 otherwise: our convention, for the order of the list alone."""
FALL, FALLEN, RECOVERED = 20.0, 70.0, 10.0
"""An alert where so many points were lost within 30 days and the score is so low; it ends below so many lost."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """All groups at once: ``scores`` [g], NaN where there is none; ``points`` [g] by signal; ``known`` [g]."""

    scores: Column
    points: Mapping[str, Numbers]
    known: Column


def observed(panel: Panel) -> NDArray[np.bool_]:
    """[g] whether at least half of the last four weeks could be read."""
    seen = np.isfinite(recent(lived(panel, "active"), MONTH))
    days = np.minimum(np.maximum(panel.age, 1), MONTH)
    enough: NDArray[np.bool_] = seen.sum(axis=1) >= LEAST * days
    return enough


def weigh(severities: Mapping[str, Column], weights: Mapping[str, float], panel: Panel) -> Weighed:
    """Score all groups of the panel."""
    groups = len(panel.group_ids)
    bad = [key for key in severities if weights[key] > 0]
    whole = sum(weights[key] for key in bad)
    known = np.zeros(groups)
    for key in bad:
        known += weights[key] * np.isfinite(severities[key])
    stretch = np.minimum(MOST_STRETCH, np.divide(whole, known, out=np.ones(groups), where=known > 0))
    taken = {key: weights[key] * np.nan_to_num(severities[key]) * stretch for key in bad}
    points = _at_most(taken, np.full(groups, FULL))
    good = {key: -weights[key] * np.nan_to_num(severities[key]) for key in severities if weights[key] < 0}
    back = _at_most(good, _sum(points, groups) / 2)
    points |= {key: -each for key, each in back.items()}
    share = known / whole if whole else known
    on_purpose = severities[FINISHED] >= ON_PURPOSE if FINISHED in severities else np.zeros(groups, np.bool_)
    judged = (share >= LEAST_KNOWN) & (panel.age >= LEAST_AGE) & observed(panel) & ~on_purpose
    judged &= ~panel.planned_silence
    scores = np.where(judged, FULL - _sum(points, groups), np.nan)
    return Weighed(scores.astype(np.float32), points, share.astype(np.float32))


def judgement(
    weighed: Weighed,
    row: int,
    severities: Mapping[str, Column],
    weights: Mapping[str, float],
    titles: Mapping[str, str],
) -> Judgement:
    """One group's score with its contributions, the heaviest first; without a score there are none."""
    score = float(weighed.scores[row])
    if np.isnan(score):
        return Judgement(None, (), float(weighed.known[row]))
    contributions = [
        Contribution(key, titles[key], weights[key], float(severities[key][row]), round(float(points[row]), 6) + 0.0)
        for key, points in weighed.points.items()
        if np.isfinite(severities[key][row])
    ]
    contributions.sort(key=lambda each: -each.points)
    return Judgement(score, contributions, float(weighed.known[row]))


def worth(*, size: float | None, severity: float, weight: float, chance: float, stage: Stage | None) -> float:
    """What an hour of a person is worth: people × how bad it is × how likely it helps; for the order alone."""
    if severity < WORTH_AN_HOUR:
        return 0.0
    return (size or 1) * severity * weight / 100 * chance * (LIKELY.get(stage, 0.8) if stage else 0.8)


def trend(panel: Panel) -> Column:
    """[g] people speaking in the last four weeks against the eight before, as a logarithm to base 2."""
    active = lived(panel, "active")
    now, before = mean(recent(active, MONTH), least=0.0), mean(earlier(active, MONTH, 2 * MONTH), least=0.0)
    times: Column = np.log2((now * MONTH + 1) / (before * MONTH + 1))
    return times


def members(panel: Panel) -> Column:
    """[g] members as far as anybody knows, else as many as spoke for the first time or on the busiest day."""
    spoken = np.nan_to_num(lived(panel, "active")).max(axis=1, initial=0)
    new = np.nan_to_num(lived(panel, "new_speakers")).sum(axis=1)
    guess = np.maximum(spoken, new)
    return either(np.isfinite(panel.size), panel.size, guess)


def _at_most(points: Mapping[str, Numbers], most: Numbers) -> dict[str, Numbers]:
    """The same in proportion, together no more than ``most``."""
    added = _sum(points, len(most))
    scale = np.divide(most, added, out=np.ones(len(most)), where=added > most)
    return {key: each * scale for key, each in points.items()}


def _sum(points: Mapping[str, Numbers], groups: int) -> Numbers:
    added: Numbers = np.sum(list(points.values()), axis=0) if points else np.zeros(groups)
    return added
