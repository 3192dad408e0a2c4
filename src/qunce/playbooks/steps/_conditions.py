"""Conditions within the Config of a step: as they are written, and for whom they hold."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from django.utils.translation import gettext_noop
from pydantic import AfterValidator, BeforeValidator, ValidationError

from qunce.kernel.validation import BadFieldError, said
from qunce.members.condition import Subject, conditions
from qunce.playbooks.types import ANSWERED, StepRun
from qunce.playbooks.types import Conditions as Written


def _read(value: Any) -> Any:
    """``[{tag: vip}, {joined_days: {at_least: 7}}]``; one value alone is that of the condition's first field."""
    items = [value] if isinstance(value, Mapping) else value
    if not isinstance(items, list | tuple):
        raise BadFieldError(gettext_noop("A list of conditions, please, each with its name."))
    found: list[tuple[str, dict[str, Any]]] = []
    for item in items:
        if isinstance(item, Mapping):
            pairs: Sequence[Any] = list(item.items())
        else:
            pairs = [tuple(item) if isinstance(item, list | tuple) else (item, {})]
        for pair in pairs:
            if len(pair) != 2 or not isinstance(pair[0], str):  # noqa: PLR2004 (a name and its settings)
                raise BadFieldError(gettext_noop("A list of conditions, please, each with its name."))
            found.append((pair[0], _fields_of(*pair)))
    return tuple(found)


def _fields_of(key: str, value: Any) -> dict[str, Any]:
    if key == ANSWERED:
        return {"step": value} if isinstance(value, str) else dict(value or {})
    if isinstance(value, Mapping):
        return dict(value)
    kind = conditions.get(key)
    if value is None or value is True or kind is None:
        return {}
    return {next(iter(kind.Config.model_fields), "value"): value}


def _checked(written: Written) -> Written:
    for key, fields in written:
        if key == ANSWERED:
            if not isinstance(fields.get("step"), str):
                raise BadFieldError(gettext_noop("Name the step whose question is meant: “answered: step”."))
        elif key not in conditions:
            raise BadFieldError(
                gettext_noop("There is no condition “%(key)s”. There are: %(known)s."),
                key=key[:40],
                known=", ".join(sorted([*conditions, ANSWERED])),
            )
        else:
            try:
                conditions[key].Config.model_validate(fields)
            except ValidationError as error:
                raise BadFieldError("%(key)s: %(said)s", key=key, said=said(error.errors()[0])) from None
    return written


Conditions: TypeAlias = Annotated[Written, BeforeValidator(_read), AfterValidator(_checked)]


def sentences_of(written: Written) -> list[str]:
    """What each says, in the reader's language; of a question: the step's id."""
    return [
        str(fields["step"])
        if key == ANSWERED
        else conditions[key]().sentence(conditions[key].Config.model_validate(fields))
        for key, fields in written
    ]


def holding(written: Written, steps: Sequence[StepRun]) -> list[set[str]]:
    """For which of the steps (by key) each condition holds; one statement per condition."""
    subjects = {each.key: _subject(each) for each in steps}
    found: list[set[str]] = []
    for key, fields in written:
        if key == ANSWERED:
            found.append({each.key for each in steps if each.data.get(fields["step"], {}).get("count")})
            continue
        kind = conditions[key]
        holds = kind().holding(kind.Config.model_validate(fields), set(subjects.values()), steps[0].now)
        found.append({name for name, subject in subjects.items() if subject in holds})
    return found


def _subject(step: StepRun) -> Subject:
    if step.member is None:
        return Subject(step.group.id)
    return Subject(step.group.id, step.member.member_id, step.member.identity_id)
