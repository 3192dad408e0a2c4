"""What an early warning is worth, on cases that are over: discrimination, calibration, and against a fitted model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies import warning
from qunce.insights.policies.warning import Weights, sigmoid
from qunce.insights.policies.windows import FORTNIGHT, earlier, lived, mean
from qunce.insights.types import Panel, Stretch

ENOUGH_GROUPS = 50
EVERY = 30
"""Days from one moment that is looked at to the next."""
DAYS = 90
"""What is seen at each."""
FOLDS = 10
SURELY = 1.64
"""Standard errors by which a model has to be better: one in twenty that are not would pass."""


# ------------------------------------------------------------------ cases
@dataclass(frozen=True, slots=True)
class Cases:
    """``met`` [cases, rules], ``came`` [cases] whether silence followed; each case's group and home.

    ``homes``: its community, or where there is but one a tenth of the groups (``by_community`` is then False).
    """

    met: NDArray[np.float64]
    came: NDArray[np.bool_]
    groups: NDArray[np.int64]
    homes: NDArray[np.int64]
    by_community: bool


def cases_of(whole: Panel) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """What was met 30 days before the end of a panel, what came, and the groups: of those that can be judged."""
    seen = whole.stretch.count - warning.AHEAD
    before = Panel(
        whole.group_ids,
        Stretch(whole.stretch.first, seen),
        {key: days[:, :seen] for key, days in whole.series.items()},
        whole.age - warning.AHEAD,
        whole.size,
        whole.planned_silence,
    )
    usual = mean(earlier(lived(before, "messages"), FORTNIGHT))
    after = mean(whole["messages"][:, seen:])
    able = warning.eligible(before) & np.isfinite(after)
    came = warning.fell_silent(usual, after)
    return warning.features(before)[able], came[able], np.array(whole.group_ids, np.int64)[able]


def joined(
    parts: list[tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]], homes: dict[int, int]
) -> Cases:
    """Cases of many moments as one."""
    met = np.concatenate([np.zeros((0, len(warning.RULES))), *(part[0] for part in parts)])
    came = np.concatenate([np.zeros(0, np.bool_), *(part[1] for part in parts)])
    groups = np.concatenate([np.zeros(0, np.int64), *(part[2] for part in parts)])
    own = np.array([homes.get(int(group), 0) for group in groups], np.int64)
    several = len(np.unique(own)) > 1
    return Cases(met, came, groups, own if several else groups % FOLDS, several)


# ------------------------------------------------------------------ figures


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases of similar probability: what was said, and what came."""

    cases: int
    foreseen: float
    came: float


@dataclass(frozen=True, slots=True)
class Measured:
    """``auc``: how often a group that fell silent had the higher probability than one that did not; None where
    there are none of either. ``brier``: the mean square error; ``brier_base``: of always saying the share.
    """

    cases: int
    silent: int
    auc: float | None
    brier: float
    brier_base: float
    calibration: Sequence[Bin]


def measured(foreseen: NDArray[np.float64], came: NDArray[np.bool_], bins: int = 5) -> Measured:
    """What a model's probabilities were worth."""
    share_of = float(came.mean())
    return Measured(
        cases=len(came),
        silent=int(came.sum()),
        auc=auc(foreseen, came),
        brier=float(np.mean((foreseen - came) ** 2)),
        brier_base=share_of * (1 - share_of),
        calibration=[
            Bin(len(part), float(foreseen[part].mean()), float(came[part].mean()))
            for part in np.array_split(np.argsort(foreseen, kind="stable"), bins)
            if len(part)
        ],
    )


def auc(foreseen: NDArray[np.float64], came: NDArray[np.bool_]) -> float | None:
    """The area under the curve of hits against false alarms, by ranks; ties count half."""
    hits, others = int(came.sum()), int((~came).sum())
    if not hits or not others:
        return None
    _values, place, counts = np.unique(foreseen, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[came].sum() - hits * (hits + 1) / 2) / (hits * others))


def fit(met: NDArray[np.float64], came: NDArray[np.bool_], ridge: float = 1.0) -> NDArray[np.float64]:
    """The base and points of a logistic model, [1 + rules], by Newton's method; ``ridge`` keeps few cases modest."""
    design = np.column_stack([np.ones(len(met)), met])
    keep = ridge * np.identity(design.shape[1])
    keep[0, 0] = 1e-6
    weights = np.zeros(design.shape[1])
    for _step in range(50):
        chance = sigmoid(design @ weights)
        slope = design.T @ (came - chance) - keep @ weights
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + keep
        move = np.linalg.solve(bend, slope)
        weights += move
        if np.abs(move).max() < 1e-8:  # noqa: PLR2004 (as good as still)
            break
    return weights


def left_out(
    met: NDArray[np.float64], came: NDArray[np.bool_], homes: NDArray[np.int64], ridge: float = 1.0
) -> NDArray[np.float64]:
    """Probabilities of a fitted model for each case, fitted without any case of the same home."""
    found = np.zeros(len(met))
    for home in np.unique(homes):
        own = homes == home
        weights = fit(met[~own], came[~own], ridge)
        found[own] = sigmoid(weights[0] + met[own] @ weights[1:])
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """The model in force and one fitted to the cases, both on cases that the fitted one has not seen.

    ``weights``: the fitted one, of all cases. ``gain``: by how much less it errs (mean square error), and ``doubt``
    the standard error of that, by groups.
    """

    groups: int
    by_community: bool
    rules: Measured
    fitted: Measured
    weights: Weights
    gain: float
    doubt: float

    @property
    def better(self) -> bool:
        """Whether the fitted model tells apart at least as well and surely errs less."""
        return (self.fitted.auc or 0) >= (self.rules.auc or 0) and self.gain > SURELY * self.doubt


def compared(cases: Cases, in_force: Weights) -> Comparison:
    """Fit a model, and hold it against the one in force where it has learnt from nobody of the same home."""
    rules, fitted = sigmoid(in_force.odds(cases.met)), left_out(cases.met, cases.came, cases.homes)
    less = (rules - cases.came) ** 2 - (fitted - cases.came) ** 2
    gain = float(less.mean())
    _ids, group = np.unique(cases.groups, return_inverse=True)
    spread = np.bincount(group, weights=less - gain)
    base, *points = fit(cases.met, cases.came).tolist()
    return Comparison(
        groups=len(spread),
        by_community=cases.by_community,
        rules=measured(rules, cases.came),
        fitted=measured(fitted, cases.came),
        weights=Weights(base, {rule.key: each for rule, each in zip(warning.RULES, points, strict=True)}),
        gain=gain,
        doubt=float(np.sqrt((spread**2).sum())) / len(less),
    )
