"""What all signals of ours have in common: numbers are found once, for severity, sentence and evidence."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from qunce.insights.policies.windows import Column, row_of
from qunce.insights.signal import Signal
from qunce.insights.types import Evidence, Facts, Finding, MessageKey, Number, Panel, Unit

SEVERITY = "severity"
MOST_PEOPLE, MOST_MESSAGES = 5, 5
GUESSED = gettext_noop("Nobody is named as the team here: taken for it are those who said most in the first weeks.")
FEW = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """A number that is shown as evidence, and in the sentence by its name. ``bound``: from when on it counts."""

    name: str
    label: str
    unit: Unit
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Rare:
    """What is said instead where all numbers of ``names`` are below ``least``, and which are shown then."""

    names: Sequence[str]
    least: float
    sentence: str
    shown: Sequence[Shown]


class Measured(Signal):
    """A signal whose `numbers` are columns by name: its severity, and what is `shown` of them."""

    sentence: ClassVar[str]
    shown: ClassVar[Sequence[Shown]]
    window: ClassVar[int]
    """Days that are looked at for people and messages."""
    rare: ClassVar[Rare | None] = None
    """Where so little happens that means and shares tell nothing."""
    about_team: ClassVar[bool] = False
    """It rests on who belongs to the team, which may be a guess."""

    @abstractmethod
    def numbers(self, panel: Panel) -> Mapping[str, Column]:
        """By name: SEVERITY, and each that is shown."""

    def measure(self, panel: Panel) -> NDArray[np.float32]:
        """The severity alone."""
        return self.numbers(panel)[SEVERITY]

    def explain(self, panel: Panel, row: int, severity: float, facts: Facts | None = None) -> Finding:
        """The sentence with its numbers; from ``facts``, who and what is meant."""
        found = {name: column.tolist() for name, column in self.numbers(row_of(panel, row)).items()}
        sentence, shown = self._said(found, 0)
        numbers = [(each, found[each.name][0]) for each in shown]
        people, messages = self._pointed_out(panel, facts) if facts is not None else ((), ())
        evidence = Evidence(
            numbers=[Number(each.label, value, each.unit, each.bound) for each, value in numbers if value == value],  # noqa: PLR0124 (NaN is unlike itself)
            people=people,
            messages=messages,
            since=panel.stretch.last - timedelta(days=self.window - 1),
            until=panel.stretch.last,
            note=GUESSED if self.about_team and facts is not None and facts.staff_is_guessed else "",
        )
        values = {each.name: written(value, each.unit) for each, value in numbers}
        return Finding(self.key, severity, sentence, values, evidence)

    def explain_rows(self, panel: Panel, rows: Mapping[int, float]) -> dict[int, Finding]:
        """The numbers of all groups are found at once; the sentence alone is said."""
        if not rows:
            return {}
        found = {name: column.tolist() for name, column in self.numbers(panel).items()}
        said = {}
        for row, severity in rows.items():
            sentence, shown = self._said(found, row)
            values = {each.name: written(found[each.name][row], each.unit) for each in shown}
            said[row] = Finding(self.key, severity, sentence, values)
        return said

    def _said(self, found: Mapping[str, Sequence[float]], row: int) -> tuple[str, Sequence[Shown]]:
        """The sentence for a row, and what is shown of its numbers."""
        if self.rare and all(found[name][row] < self.rare.least for name in self.rare.names):
            return self.rare.sentence, self.rare.shown
        return self.sentence, self.shown

    def people(self, facts: Facts, within: NDArray[np.bool_]) -> Sequence[int]:  # noqa: ARG002 (for those who know)
        """Indexes of people whom it concerns; ``within``: which messages lie in the window."""
        return ()

    def messages(self, facts: Facts, within: NDArray[np.bool_]) -> NDArray[np.intp]:  # noqa: ARG002 (for those who know)
        """Indexes of messages that show it, in order of time; the last ones are taken."""
        return np.zeros(0, np.intp)

    def _pointed_out(self, panel: Panel, facts: Facts) -> tuple[Sequence[int], Sequence[MessageKey]]:
        last = (panel.stretch.last - facts.stretch.first).days
        within = (facts.day > last - self.window) & (facts.day <= last)
        people = list(self.people(facts, within))[:MOST_PEOPLE]
        messages = self.messages(facts, within)[-MOST_MESSAGES:]
        return [facts.people[each] for each in people], [facts.key(int(each)) for each in messages]


def written(value: float, unit: Unit) -> str:
    """A number as it stands in a sentence, the same in every language."""
    if value != value:  # noqa: PLR0124 (NaN is unlike itself)
        return "–"
    if unit is Unit.SHARE:
        return f"{value:.0%}" if value >= 0.01 or value <= 0 else "<1%"  # noqa: PLR2004 (what is not nothing)
    return f"{value:.0f}" if abs(value) >= FEW else f"{value:.1f}".removesuffix(".0")


# ------------------------------------------------------------------ people and messages
def said_by(facts: Facts, of: NDArray[np.bool_], counted: NDArray[np.bool_]) -> list[int]:
    """The people ``of`` [p] who said something in the ``counted`` messages, the busiest first."""
    said = np.bincount(facts.person[counted & facts.said], minlength=len(facts.people))
    order = np.argsort(-said, kind="stable")
    return [int(each) for each in order if said[each] and of[each]]


def everybody(facts: Facts) -> NDArray[np.bool_]:
    """[p] all who are no bots."""
    return ~facts.is_bot


def marked(facts: Facts, within: NDArray[np.bool_], mark: int) -> NDArray[np.intp]:
    """What people said in the window that has the mark."""
    return np.flatnonzero(within & facts.said & ((facts.marks & mark) != 0))


def answered(facts: Facts) -> NDArray[np.bool_]:
    """[n] messages that somebody else answers."""
    has = facts.parent >= 0
    parents = facts.parent[has]
    others = facts.person[has] != facts.person[parents]
    found = np.zeros(facts.at.size, np.bool_)
    found[parents[others]] = True
    return found


def firsts(facts: Facts) -> NDArray[np.bool_]:
    """[n] each person's first message in the group."""
    return facts.said & (facts.at <= facts.first_at[facts.person])
