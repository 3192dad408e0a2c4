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
        self.first = self._lay(document.steps, "", 0)

    def _lay(self, steps: tuple[StepSpec, ...], behind: str, level: int) -> str:
        """Enter a row of steps, which goes on with ``behind``; returns where it begins."""
        for number, step in enumerate(steps):
            after = steps[number + 1].id if number + 1 < len(steps) else behind
            self.steps[step.id], self.level[step.id], self._behind[step.id] = step, level, after
            for path in step.paths.values():
                self._lay(path, after, level + 1)
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
