"""A playbook as it is written: what it is for, when it begins, its steps. The same in YAML, database and editor."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from qunce.playbooks.types.moments import When
from qunce.playbooks.types.states import Audience, Late

ANY = ""
"""The language of words that are the same whatever one reads."""


def _words(value: Any) -> Any:
    return {ANY: value} if isinstance(value, str) else value


Words: TypeAlias = Annotated[dict[str, str], BeforeValidator(_words)]
"""A text by language (``zh``, ``en``), or one text for all."""


def said(words: Mapping[str, str], language: str) -> str:
    """The words in a language (``zh-hans``, ``en`` …), else in any: a text in the wrong language beats none."""
    return words.get(language) or words.get(language[:2]) or words.get(ANY) or next(iter(words.values()), "")


Conditions: TypeAlias = tuple[tuple[str, dict[str, Any]], ...]
"""Conditions as they are written: the key of each, and its Config, not yet checked."""
ANSWERED = "answered"
"""Not a condition of people: whether an earlier question of the track was answered. Branches know it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StepSpec(_Part):
    """One step. ``id`` is unique in the playbook and stays with the step through its versions.

    ``do``: the key of its kind; ``with_``: the kind's Config, not yet checked (in YAML its fields stand beside the
    others). ``only_if``: conditions (key → Config) that must all hold, else the step is left out.
    ``paths``: steps of its own for each outcome that the kind tells apart (``then``, ``else``, ``answered`` …);
    whatever path is taken, the step after this one comes next. ``late`` None: as the playbook says.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    do: str
    title: Words = Field(default_factory=dict)
    when: When = When()
    only_if: Conditions = ()
    late: Late | None = None
    with_: dict[str, Any] = Field(default_factory=dict)
    paths: dict[str, tuple["StepSpec", ...]] = Field(default_factory=dict)


class TriggerSpec(_Part):
    """When targets begin: the key of a trigger and its Config."""

    on: str = "manual"
    with_: dict[str, Any] = Field(default_factory=dict)


class Variable(_Part):
    """What is asked for when a run begins, and used in texts as ``{name}``."""

    label: Words
    default: Words = Field(default_factory=dict)
    required: bool = False


class Plan(_Part):
    """What its author expects, to be compared with what happens. Shares from 0 to 1."""

    takes_part: float | None = Field(default=None, ge=0, le=1)
    """Which share of those called answers."""
    effort_minutes: int | None = Field(default=None, ge=0)
    """How long a member needs for one call, on average."""
    first_gain_days: int | None = Field(default=None, ge=0)
    """After how many days a member has something of it."""


class Document(_Part):
    """A whole playbook.

    ``goal``, ``evidence``, ``path``: what is to be reached, for members too; by what one will see it; how everybody
    can walk there. ``needs``: parts of the product it cannot do without. ``late_after``: from when on a step is late.
    """

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$")
    title: Words
    summary: Words = Field(default_factory=dict)
    goal: Words = Field(default_factory=dict)
    evidence: Words = Field(default_factory=dict)
    path: Words = Field(default_factory=dict)
    audience: Audience = Audience.GROUP
    start: TriggerSpec = TriggerSpec()
    needs: tuple[str, ...] = ()
    late: Late = Late.SKIP
    late_after: timedelta = timedelta(hours=2)
    plan: Plan = Plan()
    variables: dict[str, Variable] = Field(default_factory=dict)
    steps: tuple[StepSpec, ...] = ()

    def walk(self) -> Iterator[StepSpec]:
        """Every step, those of paths after the one they belong to."""
        yield from _walk(self.steps)


def _walk(steps: tuple[StepSpec, ...]) -> Iterator[StepSpec]:
    for step in steps:
        yield step
        for path in step.paths.values():
            yield from _walk(path)
