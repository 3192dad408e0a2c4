"""Simulated histories of groups, for tests and benchmarks: daily series as metrics give them, of known stories.

Nothing here was ever said. Each story is a rate of people speaking per day over its life, and how the team, newcomers
and questions fare; days are drawn around it, with weekends, good days and bad ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qunce.insights.types import Panel, Stretch

LAST = date(2026, 11, 22)
Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From days before the end (the last day is 0) to a factor of what is usual."""


def _always(value: float) -> Curve:
    return lambda ago: np.full(ago.shape, value)


def _falls(from_ago: float, to_ago: float, low: float, high: float = 1.0) -> Curve:
    """From ``high`` to ``low`` between two days."""
    return lambda ago: high + (low - high) * np.clip((from_ago - ago) / max(from_ago - to_ago, 1e-9), 0, 1)


@dataclass(frozen=True, slots=True)
class Story:
    """How a group fares: what differs from USUAL."""

    name: str
    differs: Mapping[str, Curve] = field(default_factory=dict)

    def along(self, what: str, ago: NDArray[np.float64]) -> NDArray[np.float64]:
        """A curve of this story on each day."""
        return self.differs.get(what, USUAL[what])(ago)


USUAL: Mapping[str, Curve] = {
    "people": _always(1.0),
    "staff": _always(0.9),  # how likely the team speaks on a day
    "new": _always(0.12),  # new voices for each who speaks on a day
    "answered": _always(0.8),
    "open": _always(0.2),  # questions without an answer
    "ads": _always(0.02),
    "thanks": _always(0.03),
    "anger": _always(0.004),
    "load": _always(4.0),
    "top": _always(0.25),
}

STORIES: tuple[Story, ...] = (
    Story("healthy"),
    Story(
        "closed circle",
        {"new": _falls(80, 60, 0.04, 0.12), "answered": _falls(80, 55, 0.1, 0.8), "people": _falls(60, 0, 0.7)},
    ),
    Story("leader gone", {"staff": _falls(17, 16, 0.0, 0.9), "people": _falls(16, 0, 0.45)}),
    Story(
        "course finished",
        {
            "people": _falls(21, 20.9, 0.0),
            "staff": _falls(21, 20.9, 0.0, 0.9),
            "thanks": _falls(28, 26, 0.3, 0.04),
        },
    ),
    Story(
        "dying",
        {"people": _falls(70, 4, 0.06), "staff": _falls(45, 10, 0.05, 0.9), "new": _falls(70, 20, 0.0, 0.12)},
    ),
    Story("revived", {"people": _falls(21, 12, 1.0, 0.12)}),
    Story("full of advertising", {"ads": _falls(50, 30, 0.5, 0.02)}),
    Story("questions unanswered", {"open": _falls(50, 30, 0.9, 0.2)}),
    Story("one voice", {"top": _falls(50, 30, 0.9, 0.25)}),
    Story("quarrelling", {"anger": _falls(14, 10, 0.15, 0.004)}),
    Story("overloaded", {"load": _falls(20, 14, 16.0, 4.0), "people": _falls(20, 14, 0.55)}),
    Story("dead", {"people": _falls(150, 120, 0.0), "staff": _falls(150, 120, 0.0, 0.9)}),
)


def story(name: str) -> Story:
    """The story of that name."""
    return next(each for each in STORIES if each.name == name)


def simulated(
    stories: Sequence[Story], *, days: int = 90, people: float | NDArray[np.float64] = 12.0, seed: int = 1,
    until: date = LAST, age: float = 400.0,
) -> Panel:  # fmt: skip
    """A simulated panel of one group per story; ``people``: who speak on a usual day, [g] or of all."""
    rng = np.random.default_rng(seed)
    stretch = Stretch(date.fromordinal(until.toordinal() - days + 1), days)
    ago = np.arange(days - 1, -1, -1, dtype=np.float64)
    shape = (len(stories), days)
    usual = np.broadcast_to(np.asarray(people, np.float64), (len(stories),))[:, None]

    def along(name: str) -> NDArray[np.float64]:
        return np.stack([each.along(name, ago) for each in stories])

    weekday = (np.arange(days) + stretch.first.weekday()) % 7
    mood = rng.gamma(12.0, 1 / 12.0, shape) * np.where(weekday >= 5, 0.7, 1.1)  # noqa: PLR2004 (Saturday, Sunday)
    others = rng.poisson(usual * along("people") * mood)
    staff = (rng.random(shape) < along("staff")) * 1
    active = others + staff
    messages = active + rng.poisson(active * np.maximum(along("load") - 1, 0))
    new = rng.binomial(others, np.clip(along("new"), 0, 1))
    returning = rng.binomial(others - new, np.clip(along("new") / 3, 0, 1))
    questions = rng.binomial(messages, 0.15)
    joined, left = rng.poisson(new * 2.0), rng.poisson(usual * 0.15, shape)
    found: dict[str, Any] = {
        "messages": messages, "active": active, "new_speakers": new, "returning": returning,
        "joined": joined, "left": left, "present": np.broadcast_to(usual * 15, shape),
        "bot_messages": np.zeros(shape), "staff_messages": staff * 3, "staff_active": staff,
        "questions": questions, "unanswered": rng.binomial(questions, along("open")),
        "response_s": np.where(questions > 0, 600.0, np.nan),
        "top_share": np.where(messages > 0, np.maximum(along("top"), 1 / np.maximum(active, 1)), np.nan),
        "ad_messages": rng.binomial(messages, along("ads")), "link_messages": rng.binomial(messages, 0.05),
        "newcomers_answered": rng.binomial(new, along("answered")),
        "newcomers_greeted": rng.binomial(new, along("answered") * 0.5),
        "we_messages": rng.binomial(messages, 0.05), "anger_messages": rng.binomial(messages, along("anger")),
        "thanks_messages": rng.binomial(messages, along("thanks")),
        "load": np.divide(messages, active, out=np.full(shape, np.nan), where=active > 0),
        "staff_minutes": staff * 6.0,
    }  # fmt: skip
    groups = len(stories)
    return Panel(
        group_ids=list(range(1, groups + 1)),
        stretch=stretch,
        series={key: np.asarray(values, np.float32) for key, values in found.items()},
        age=np.full(groups, age, np.float32),
        size=np.broadcast_to(usual[:, 0] * 15, groups).astype(np.float32),
        planned_silence=np.zeros(groups, np.bool_),
    )


def many(groups: int, *, days: int = 90, seed: int = 1, until: date = LAST) -> Panel:
    """A simulated panel of many groups of all stories and sizes, with unobserved days here and there."""
    rng = np.random.default_rng(seed)
    chosen = [STORIES[place] for place in rng.integers(0, len(STORIES), groups)]
    panel = simulated(chosen, days=days, people=np.exp(rng.normal(1.5, 1.0, groups)), seed=seed, until=until)
    missing = rng.random((groups, days)) < 0.01  # noqa: PLR2004 (one day in a hundred)
    series = {key: np.where(missing, np.float32(np.nan), values) for key, values in panel.series.items()}
    return replace(panel, series=series)


def lives(groups: int, *, days: int = 330, seed: int = 1) -> Panel:
    """Simulated histories in which some groups die at some time: at once, slowly, after their leader left."""
    rng = np.random.default_rng(seed)
    chosen = [_life(rng, days) for _group in range(groups)]
    return simulated(chosen, days=days, people=np.exp(rng.normal(1.2, 0.8, groups)), seed=seed, age=float(days))


def _life(rng: np.random.Generator, days: int) -> Story:
    """One life, ``days`` long: lasting, or ended at a random time in a random way."""
    way, end = rng.random(), float(rng.uniform(0, days - 100))
    swing = _swing(rng)
    if way < 0.35:  # noqa: PLR2004 (a third lasts)
        return Story("lasting", {"people": swing})
    slow = float(rng.choice([3, 20, 45, 80]))
    fall = _falls(end + slow, end, 0.01)
    leaves = way > 0.7  # noqa: PLR2004 (half of those that end)
    staff = _falls(end + slow, end + slow / 2, 0.0, 0.8) if leaves else _always(0.6)
    new = _falls(end + slow * 1.5, end, 0.0, 0.1)
    return Story("ended", {"people": lambda ago: swing(ago) * fall(ago), "staff": staff, "new": new})


def _swing(rng: np.random.Generator) -> Curve:
    """Ups and downs that mean nothing."""
    deep, long, shift = rng.uniform(0, 0.5), rng.uniform(40, 150), rng.uniform(0, 6)
    return lambda ago: np.asarray(1 + deep * np.sin(ago / long * 6.28 + shift), np.float64)
