"""What two versions of a playbook differ in, as lines for people. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from qunce.playbooks.policies import moments
from qunce.playbooks.policies.marking import gettext_noop
from qunce.playbooks.policies.yaml import spelled
from qunce.playbooks.types import Document, StepSpec


class ChangeKind(StrEnum):
    """What became of it."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``sentence``: a message id for ``params``; ``before``, ``after``: texts to set side by side."""

    kind: ChangeKind
    sentence: str
    step: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    after: str = ""


def compared(before: Document, after: Document) -> list[Change]:
    """The differences in the order of the later version, what is gone at its end; none where they are the same."""
    return [*_fields(before, after), *_variables(before, after), *_steps(before, after)]


_HEAD = (
    "key",
    "title",
    "summary",
    "goal",
    "evidence",
    "path",
    "audience",
    "start",
    "needs",
    "late",
    "late_after",
    "plan",
)


def _fields(before: Document, after: Document) -> Iterator[Change]:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    for name in _HEAD:
        if old[name] != new[name]:
            yield from _values(gettext_noop("“%(name)s” is different."), name, old[name], new[name])


def _variables(before: Document, after: Document) -> Iterator[Change]:
    for name in [*after.variables, *(each for each in before.variables if each not in after.variables)]:
        params = {"name": name}
        if name not in before.variables:
            yield Change(ChangeKind.ADDED, gettext_noop("The variable {%(name)s} is new."), params=params)
        elif name not in after.variables:
            yield Change(ChangeKind.REMOVED, gettext_noop("The variable {%(name)s} is gone."), params=params)
        elif before.variables[name] != after.variables[name]:
            pair = before.variables[name].model_dump(), after.variables[name].model_dump()
            yield from _values(gettext_noop("The variable {%(name)s} is different."), name, *pair)


def _steps(before: Document, after: Document) -> Iterator[Change]:
    old, new = _placed(before.steps), _placed(after.steps)
    stayed = _stayed(old, new)
    for key, (place, step) in new.items():
        if key not in old:
            params = {"step": key, "when": moments.written(step.when) or "0m"}
            yield Change(ChangeKind.ADDED, gettext_noop("The step “%(step)s” is new: %(when)s."), key, params)
            continue
        was_in, was = old[key]
        if was_in != place or key not in stayed:
            yield Change(
                ChangeKind.MOVED,
                gettext_noop("The step “%(step)s” stands elsewhere."),
                key,
                {"step": key},
                *_places(was_in, place),
            )
        yield from _step(was, step)
    for key, (_place, step) in old.items():
        if key not in new:
            yield Change(
                ChangeKind.REMOVED, gettext_noop("The step “%(step)s” is gone."), key, {"step": key}, before=step.do
            )


_Placed = dict[str, tuple[tuple[str, str], StepSpec]]


def _placed(steps: tuple[StepSpec, ...], place: tuple[str, str] = ("", "")) -> _Placed:
    """Each step by id, with the step and path that it hangs in."""
    found: _Placed = {}
    for step in steps:
        found[step.id] = (place, step)
        for path, below in step.paths.items():
            found |= _placed(below, (step.id, path))
    return found


def _places(was: tuple[str, str], now: tuple[str, str]) -> tuple[str, str]:
    return (" / ".join(filter(None, was)), " / ".join(filter(None, now))) if was != now else ("", "")


def _stayed(old: _Placed, new: _Placed) -> set[str]:
    """The steps of both that keep their order: as many as possible."""
    before, after = [key for key in old if key in new], [key for key in new if key in old]
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return {key for block in blocks for key in before[block.a : block.a + block.size]}


def _step(before: StepSpec, after: StepSpec) -> Iterator[Change]:
    sentence = gettext_noop("“%(name)s” of the step “%(step)s” is different.")
    if before.when != after.when:
        pair = moments.written(before.when), moments.written(after.when)
        yield from _values(sentence, "when", *pair, step=after.id)
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    for name in ("do", "title", "only_if", "late"):
        if old[name] != new[name]:
            yield from _values(sentence, name, old[name], new[name], step=after.id)
    for name in [*new["with_"], *(each for each in old["with_"] if each not in new["with_"])]:
        if old["with_"].get(name) != new["with_"].get(name):
            yield from _values(sentence, name, old["with_"].get(name), new["with_"].get(name), step=after.id)


def _values(sentence: str, name: str, before: Any, after: Any, *, step: str = "") -> Iterator[Change]:
    """One line per value that is different: of texts one per language, of maps one per field."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*after, *(each for each in before if each not in after)]:
            if before.get(key) != after.get(key):
                yield from _values(
                    sentence, f"{spelled(name)} {key}".strip(), before.get(key), after.get(key), step=step
                )
        return
    params = {"name": spelled(name)} | ({"step": step} if step else {})
    yield Change(ChangeKind.CHANGED, sentence, step, params, _shown(before), _shown(after))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(each)}".strip(": ") for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_shown, value))
    return str(value)
