"""Changes of a playbook's steps by hand: pure, and by the id of a step, wherever in a path it stands."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeAlias

from qunce.playbooks.types import Document, StepSpec, When

Steps: TypeAlias = tuple[StepSpec, ...]
Edit: TypeAlias = Callable[[Steps, int], Steps]
DAY = timedelta(days=1)


def found(document: Document, step_id: str) -> StepSpec | None:
    """The step of that id."""
    return next((step for step in document.walk() if step.id == step_id), None)


def _edited(steps: Steps, step_id: str, edit: Edit) -> Steps:
    for place, step in enumerate(steps):
        if step.id == step_id:
            return edit(steps, place)
    return tuple(
        step.model_copy(update={"paths": {name: _edited(path, step_id, edit) for name, path in step.paths.items()}})
        if step.paths
        else step
        for step in steps
    )


def _with(document: Document, step_id: str, edit: Edit) -> Document:
    return document.model_copy(update={"steps": _edited(document.steps, step_id, edit)})


# ---------------------------------------------------------------- taking out, putting in
def removed(document: Document, step_id: str) -> Document:
    """Without the step and the steps of its paths."""
    return _with(document, step_id, lambda steps, place: (*steps[:place], *steps[place + 1 :]))


def replaced(document: Document, step_id: str, step: StepSpec) -> Document:
    """With another step in its place, which may have another id."""
    return _with(document, step_id, lambda steps, place: (*steps[:place], step, *steps[place + 1 :]))


def added(document: Document, step: StepSpec, *, of: str = "", path: str = "", after: str = "") -> Document:
    """With a step behind ``after``, at the end of a path ``of`` another step, or at the end of all."""
    if after:
        return _with(document, after, lambda steps, place: (*steps[: place + 1], step, *steps[place + 1 :]))
    if not of:
        return document.model_copy(update={"steps": (*document.steps, step)})

    def longer(steps: Steps, place: int) -> Steps:
        owner = steps[place]
        paths = {**owner.paths, path: (*owner.paths.get(path, ()), step)}
        return (*steps[:place], owner.model_copy(update={"paths": paths}), *steps[place + 1 :])

    return _with(document, of, longer)


def free_ids(document: Document, wish: str) -> Iterator[str]:
    """Ids that are not taken: the wished one, then ``wish-2``, ``wish-3`` …"""
    taken = {step.id for step in document.walk()}
    number = 1
    while True:
        name = wish if number == 1 else f"{wish[:36]}-{number}"
        if name not in taken:
            taken.add(name)
            yield name
        number += 1


def duplicated(document: Document, step_id: str) -> tuple[Document, str]:
    """With the same once more behind it, under ids of its own; and the id of the copy."""
    step = found(document, step_id)
    if step is None:
        return document, step_id
    taken = {each.id for each in document.walk()}

    def fresh(each: StepSpec) -> StepSpec:
        number, base = 2, each.id
        while f"{base[:36]}-{number}" in taken:
            number += 1
        name = f"{base[:36]}-{number}"
        taken.add(name)
        paths = {key: tuple(fresh(inner) for inner in path) for key, path in each.paths.items()}
        return each.model_copy(update={"id": name, "paths": paths})

    copy = fresh(step)
    return added(document, copy, after=step_id), copy.id


# ---------------------------------------------------------------- another time
def shifted(when: When, was: datetime, to: datetime) -> When:
    """The moment written anew, so that it comes at ``to`` instead of ``was`` (both by the group's clock).

    What is counted from the step before stays so; what names a weekday keeps it while the day is the same.
    """
    days, at = (to.date() - was.date()).days, to.time().replace(tzinfo=None)
    if when.after is not None:
        return when.model_copy(update={"after": max(when.after + (to - was), timedelta())})
    if when.date is not None:
        return when.model_copy(update={"date": when.date + days * DAY, "at": at})
    if when.holiday:
        return when.model_copy(update={"offset": max(-60, min(60, when.offset + days)), "at": at})
    if when.weekdays and not days:
        return when.model_copy(update={"at": at})
    return When(day=0, at=at)


def moved(document: Document, step_id: str, *, was: datetime, to: datetime, began_at: datetime) -> Document:
    """With the step at another day and hour; it takes its place among its neighbours by `in_order`."""
    step = found(document, step_id)
    if step is None or was == to:
        return document
    when = shifted(step.when, was, to)
    if when.day is not None:
        when = when.model_copy(update={"day": max(0, (to.date() - began_at.date()).days)})
    return replaced(document, step_id, step.model_copy(update={"when": when}))


def in_order(document: Document, step_id: str, moments: dict[str, datetime]) -> Document:
    """With the step between the neighbours before and after which it comes, by the moments of all."""

    def sorted_in(steps: Steps, place: int) -> Steps:
        step, others = steps[place], (*steps[:place], *steps[place + 1 :])
        mine = moments[step.id]
        before = sum(moments[other.id] <= mine for other in others)
        if all(moments[other.id] == mine for other in others):
            return steps
        return (*others[:before], step, *others[before:])

    return _with(document, step_id, sorted_in)
