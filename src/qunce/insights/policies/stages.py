"""In which stage of its life a group is, week by week, and where its activity turned.

Everything is relative to the group's own past: `quick` and `slow` are how many people speak a day, smoothed over some
weeks and over some months. A stage is taken on when two weeks in a row speak for it, so noise does not move it; what
a week is taken for depends on no later week, so what was said once stays said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qunce.insights.policies.windows import Column, Days
from qunce.insights.types import Span, Stage, Turn

WEEK = 7
LEAST_DAYS = 4
"""Of a week must be observed."""
FORMING = 4
"""Weeks."""
QUICK, SLOW, PEAK = 2.0, 12.0, 52.0
"""Half-lives in weeks; the peak is the highest `quick` ever, slowly forgotten."""
MOVED, BACK = 0.2, 0.08
"""From how far beside `slow` a group grows or declines, and up to where it goes on doing so."""
NOISE = 2.0
"""Times the usual error of `quick` that counts as moved."""
SILENT, ALIVE = 0.1, 0.25
"""Of the peak: below, four weeks are dormant; from then on a dormant group is revived."""
REVIVED = 8
"""Weeks."""
DRY, FRESH = 0.5, 0.5
"""Of the usual fresh voices (FRESH a day at least): with fewer, growth is a burst, and a slight decline is one."""
LEAST_PIECE = 4
"""Weeks between two turns."""
PENALTY = 4.0

STAGES = tuple(Stage)
_CODE = {stage: code for code, stage in enumerate(STAGES)}
UNKNOWN = -1

Codes = NDArray[np.int8]
"""[g, weeks] places in STAGES, or UNKNOWN."""


def weekly(series: Days, first: date) -> tuple[date, Days]:
    """The first Monday and the mean per day of each whole week from then on; NaN where too little is observed."""
    skip = -first.weekday() % WEEK
    weeks = max(0, (series.shape[1] - skip) // WEEK)
    days = series[:, skip : skip + weeks * WEEK].reshape(len(series), weeks, WEEK)
    seen = np.isfinite(days)
    count = seen.sum(axis=2)
    added = np.where(seen, days, 0).sum(axis=2)
    mean = np.divide(added, count, out=np.full(count.shape, np.nan), where=count >= LEAST_DAYS)
    return first + timedelta(days=skip), mean.astype(np.float32)


@dataclass(slots=True)
class _Smooth:
    """A mean that forgets, of what is known so far; at the beginning it is the plain mean."""

    half_life: float
    value: NDArray[np.float64]
    weeks: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.weeks = np.zeros(self.value.shape)

    def take(self, now: Column) -> None:
        known = np.isfinite(now)
        self.weeks += known
        step = np.maximum(1 - 0.5 ** (1 / self.half_life), 1 / np.maximum(self.weeks, 1))
        self.value += np.where(known, step * (np.nan_to_num(now) - self.value), 0)


class _Life:
    """What is remembered of each group from week to week."""

    def __init__(self, groups: int) -> None:
        zeros = np.zeros(groups)
        self.quick, self.slow = _Smooth(QUICK, zeros.copy()), _Smooth(SLOW, zeros.copy())
        self.error = _Smooth(SLOW / 2, zeros.copy())
        self.fresh_now, self.fresh = _Smooth(QUICK, zeros.copy()), _Smooth(SLOW, zeros.copy())
        self.last = np.full((groups, 4), np.nan)
        self.peak = zeros.copy()
        self.revived_for = zeros.copy()
        self.lived = zeros.copy()
        self.stage = np.full(groups, UNKNOWN, np.int8)
        self.wanted = np.full(groups, UNKNOWN, np.int8)

    def week(self, active: Column, fresh: Column) -> Codes:
        """Take in a week; the stage of each group at its end."""
        known = np.isfinite(active)
        begun = known & ((active > 0) | (self.lived > 0))
        active = np.where(begun, active, np.nan).astype(np.float32)
        self.lived += begun
        self.error.take(np.where(begun & (self.lived > 1), np.abs(active - self.quick.value), np.nan))
        for smooth, value in ((self.quick, active), (self.slow, active)):
            smooth.take(value)
        for smooth in (self.fresh_now, self.fresh):
            smooth.take(np.where(begun, fresh, np.nan))
        self.last = np.concatenate([self.last[:, 1:], active[:, None]], axis=1)
        settled = np.where(self.lived >= FORMING, self.quick.value, 0)
        self.peak = np.maximum(self.peak * 0.5 ** (1 / PEAK), settled)
        self._move(self._candidate(), begun)
        return self.stage.copy()

    def _candidate(self) -> Codes:
        quick, slow = self.quick.value, self.slow.value
        step = 1 - 0.5 ** (1 / QUICK)
        noise = NOISE * self.error.value * np.sqrt(step / (2 - step))
        dry = (self.fresh.value >= FRESH) & (self.fresh_now.value < DRY * self.fresh.value)
        is_growing, is_declining = (self.stage == _CODE[each] for each in (Stage.GROWING, Stage.DECLINING))
        margin = np.maximum(MOVED * slow, noise)
        up = quick > slow + np.where(is_growing, BACK * slow, margin)
        down = quick < slow - np.where(is_declining | dry, BACK * slow, margin)
        found = np.full(quick.shape, _CODE[Stage.MATURE], np.int8)
        found[up & ~dry] = _CODE[Stage.GROWING]
        found[down] = _CODE[Stage.DECLINING]
        is_dormant, was_revived = (self.stage == _CODE[each] for each in (Stage.DORMANT, Stage.REVIVED))
        found[was_revived & (self.revived_for < REVIVED)] = _CODE[Stage.REVIVED]
        found[is_dormant] = np.where(quick >= ALIVE * self.peak, _CODE[Stage.REVIVED], _CODE[Stage.DORMANT])[
            is_dormant
        ]
        seen = np.isfinite(self.last)
        month = np.where(seen, self.last, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
        found[(month <= SILENT * self.peak) & seen.all(axis=1)] = _CODE[Stage.DORMANT]
        found[self.lived < FORMING] = _CODE[Stage.FORMING]
        return found

    def _move(self, found: Codes, begun: NDArray[np.bool_]) -> None:
        at_once = np.isin(self.stage, (UNKNOWN, _CODE[Stage.FORMING])) | np.isin(
            found, (_CODE[Stage.DORMANT], _CODE[Stage.FORMING])
        )
        moves = begun & (found != self.stage) & (at_once | (found == self.wanted))
        self.revived_for = np.where(moves, 0, self.revived_for + begun)
        self.wanted = np.where(begun, found, self.wanted)
        self.stage = np.where(moves, found, self.stage).astype(np.int8)


def by_week(active: Days, fresh: Days, first: date) -> tuple[date, Codes]:
    """The first Monday, and the stage of each group at the end of each whole week from then on.

    ``active``: people speaking per day; ``fresh``: new and returning ones. Days before a group began are NaN.
    """
    monday, people = weekly(active, first)
    _same, voices = weekly(fresh, first)
    life = _Life(len(active))
    codes = [life.week(people[:, week], voices[:, week]) for week in range(people.shape[1])]
    return monday, np.stack(codes, axis=1) if codes else np.zeros((len(active), 0), np.int8)


def latest(codes: Codes) -> list[Stage | None]:
    """Each group's stage at the end."""
    if not codes.shape[1]:
        return [None] * len(codes)
    return [STAGES[code] if code != UNKNOWN else None for code in codes[:, -1]]


def spans(codes: NDArray[np.int8], monday: date, until: date, finished: date | None = None) -> list[Span]:
    """One group's stages one after the other, [weeks]; ``finished``: since when it is over on purpose."""
    found: list[Span] = []
    for week, code in enumerate(codes):
        first = monday + timedelta(days=week * WEEK)
        last = first + timedelta(days=WEEK - 1)
        if code == UNKNOWN:
            continue
        if found and found[-1].stage is STAGES[code]:
            found[-1] = Span(found[-1].stage, found[-1].first, last)
        else:
            found.append(Span(STAGES[code], first, last))
    if found:
        found[-1] = Span(found[-1].stage, found[-1].first, max(found[-1].last, until))
    if finished is None or finished > until:
        return found
    before = [each for each in found if each.first < finished]
    if before:
        before[-1] = Span(before[-1].stage, before[-1].first, finished - timedelta(days=1))
    return [*before, Span(Stage.FINISHED, finished, until)]


def turns(people: Sequence[float] | NDArray[np.float32], monday: date) -> list[Turn]:
    """Where one group's weekly mean of people a day turned: the division into level pieces that costs least.

    Pieces are held against each other on a logarithmic scale, as the eye sees a decline; every piece more has to pay
    for itself (PENALTY × the noise × the logarithm of the number of weeks). Weeks that are not observed are left out.
    """
    weeks = np.flatnonzero(np.isfinite(people))
    values = np.asarray(people, np.float64)[weeks]
    if len(values) < 2 * LEAST_PIECE:
        return []
    bounds = _pieces(np.log2(values + 0.5))
    levels = [float(values[first:end].mean()) for first, end in pairwise(bounds)]
    return [
        Turn(monday + timedelta(days=int(weeks[bound]) * WEEK), before, after)
        for bound, (before, after) in zip(bounds[1:-1], pairwise(levels), strict=True)
    ]


def _pieces(values: NDArray[np.float64]) -> list[int]:
    """The bounds of the best pieces, by dynamic programming over all last bounds (exact)."""
    count = len(values)
    steps = np.abs(np.diff(values))
    noise = max(float(np.median(steps)) / 0.9539, 0.1)  # of a normal error: the median of |a − b| is 0.9539 σ
    price = PENALTY * noise**2 * np.log(count)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])
    best, came = np.full(count + 1, np.inf), np.zeros(count + 1, np.intp)
    best[0] = -price
    for end in range(LEAST_PIECE, count + 1):
        starts = np.arange(end - LEAST_PIECE + 1)
        length = end - starts
        spread = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / length
        costs = best[starts] + spread + price
        came[end] = int(np.argmin(costs))
        best[end] = costs[came[end]]
    bounds = [count]
    while bounds[-1] > 0:
        bounds.append(int(came[bounds[-1]]))
    return bounds[::-1]
