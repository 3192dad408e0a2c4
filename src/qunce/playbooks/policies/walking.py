"""The way through a playbook: which step comes next, and which steps are the same in another version."""

from datetime import datetime, timedelta

from qunce.playbooks.types import Document, Late, StepSpec, When

ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=1)


class Walk:
    """The steps of a document by their ids, and what follows what.

    After a step comes the first step of the path that its outcome named; where it has no such path, the step behind
    it; at the end of a path the one behind the step that it belongs to; "" at the end of all.
    """

    def __init__(self, document: Document) -> None:
        self.steps: dict[str, StepSpec] = {}
        self.level: dict[str, int] = {}
        """How deep in paths each step is."""
        self._behind: dict[str, str] = {}
        self._row: dict[str, tuple[str, str]] = {}
        """The step and path in which each step stands."""
        self.first = self._lay(document.steps, "", 0)

    def _lay(self, steps: tuple[StepSpec, ...], behind: str, level: int, row: tuple[str, str] = ("", "")) -> str:
        """Enter a row of steps, which goes on with ``behind``; returns where it begins."""
        for number, step in enumerate(steps):
            after = steps[number + 1].id if number + 1 < len(steps) else behind
            self.steps[step.id], self.level[step.id], self._behind[step.id] = step, level, after
            self._row[step.id] = row
            for name, path in step.paths.items():
                self._lay(path, after, level + 1, (step.id, name))
        return steps[0].id if steps else behind

    def after(self, step_id: str, path: str = "") -> str:
        """The id of the step after this one, where its outcome named ``path``; "" at the end."""
        taken = self.steps[step_id].paths.get(path, ())
        return taken[0].id if taken else self._behind[step_id]

    def goes_on_at(self, step_id: str, other: "Walk") -> str:
        """Where in ``other`` a track goes on that stands at a step of this one.

        At the same step; where that is gone, at the next one behind it that exists in both; else it is through ("").
        """
        while step_id and step_id not in other.steps:
            step_id = self._behind[step_id]
        return step_id

    def passes_over(self, step_id: str, other: "Walk", to: str) -> list[str]:
        """What is new in ``other`` on the way of a track that stands at a step of this one and goes on at ``to``
        there, and is not carried out for it: its place lies before ``to``.
        """
        row = self._row[step_id]
        on_its_way = {row}
        while row[0]:
            row = self._row[row[0]]
            on_its_way.add(row)
        ahead = other.reachable(to)
        return [
            key
            for key in other.steps
            if key not in self.steps and key not in ahead and other._row[key] in on_its_way  # noqa: SLF001
        ]

    def reachable(self, step_id: str) -> set[str]:
        """A step and all that may come after it; none of none."""
        found: set[str] = set()
        open_ = [step_id]
        while open_:
            key = open_.pop()
            if key and key not in found:
                found.add(key)
                open_ += [self._behind[key], *(path[0].id for path in self.steps[key].paths.values() if path)]
        return found


def is_late(due_at: datetime, now: datetime, late_after: timedelta) -> bool:
    """Whether the time of a step has passed."""
    return now > due_at + late_after


def follows(when: When) -> bool:
    """Whether a step comes so long after the one before, whatever the day."""
    return when.day is None and when.date is None and not when.weekdays and not when.holiday


def late_rule(step: StepSpec, document: Document) -> Late:
    """What becomes of the step where it is late: its own rule, else the playbook's."""
    return step.late or document.late


def next_attempt(attempts: int, pause: timedelta | None) -> timedelta | None:
    """How long to wait after so many attempts that failed: ``pause``, each time twice as long; None: no more."""
    if pause is None or attempts >= ATTEMPTS:
        return None
    factor: int = 2 ** (attempts - 1)
    return pause * factor


def taking_part(answered: int, asked: int) -> float | None:
    """The share of those called who have answered; None where nobody was called."""
    return min(1.0, answered / asked) if asked else None
