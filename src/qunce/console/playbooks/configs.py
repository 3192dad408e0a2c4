"""A form from the Config of a kind: of a step, a start or a condition. Conditions are rows of such forms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic.fields import FieldInfo

from qunce.console.forms import TimeInput, bare, field_of
from qunce.console.playbooks.fields import LengthField, MomentField, YamlField
from qunce.console.playbooks.rows import KIND, Kind, PairRows, Row, Rows, TextRows, with_any
from qunce.kernel.validation import sentences
from qunce.members.condition import conditions
from qunce.playbooks.policies.parts import missing_parts
from qunce.playbooks.policies.yaml import named
from qunce.playbooks.types import ANSWERED, Audience, Conditions, Words

WITH = "with_"
Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds a form: whom the playbook follows, in which languages, and what its fields may choose from.

    ``offers``: by what a field ``asks`` for: ``steps`` that say something, ``questions``, ``playbooks``.
    """

    audience: Audience = Audience.GROUP
    languages: Sequence[str] = ("zh", "en")
    offers: Mapping[str, Choices] = field(default_factory=dict)


# ---------------------------------------------------------------- one field
def config_field(info: FieldInfo, around: Around, kept: Any = None) -> forms.Field:
    """A field for one of a kind's Config. ``kept``: what stands there now."""
    kind, more = bare(info.annotation), info.json_schema_extra
    found = field_of(info, languages=with_any(around.languages, kept))
    common: dict[str, Any] = {"label": found.label, "help_text": found.help_text, "required": found.required}
    asks = str(more.get("asks", "")) if isinstance(more, dict) else ""
    names = more.get("choices") if isinstance(more, dict) else None
    made: forms.Field = found
    if asks == "moment" and isinstance(more, dict):
        made = MomentField([str(way) for way in more.get("ways", ())], **common)  # type: ignore[union-attr]
    elif isinstance(names, dict):
        made = forms.ChoiceField(choices=[(key, _(str(name))) for key, name in names.items()], **common)
    elif asks in around.offers:
        none = [("", "–")] if not kept or not found.required else []
        made = forms.ChoiceField(choices=[*none, *with_kept(around.offers[asks], kept)], **common)
    elif kind is timedelta:
        made = LengthField(**common)
    elif kind is time:
        made = forms.TimeField(widget=TimeInput(), **common)
    elif kind == Conditions:
        made = WrittenConditions(around, asks_answers=True, **common)
    elif kind == dict[str, str] and not any(isinstance(each, BeforeValidator) for each in info.metadata):
        made = PairRows(**common)
    elif type(found) is forms.CharField and not (isinstance(kind, type) and not issubclass(kind, BaseModel)):
        texts = kind == tuple[Words, ...] or str(kind).startswith("tuple[typing.Annotated[dict[str, str]")
        made = TextRows(around.languages, **common) if texts else YamlField(**common)
    return made


def with_kept(choices: Choices, kept: Any) -> list[tuple[str, str]]:
    """Choices, and what is chosen now where it is not among them any more."""
    gone = [(str(kept), _("%(name)s (not there any more)") % {"name": kept})]
    return [*choices, *(gone if kept and str(kept) not in dict(choices) else [])]


# ---------------------------------------------------------------- all fields of a Config
class ConfigForm(forms.Form):
    """The fields of a kind's Config; what is right and wrong is the Config's own to say."""

    config_of: type[BaseModel]
    stored: Mapping[str, Any]

    def add_config(self, config: type[BaseModel], stored: Mapping[str, Any], around: Around) -> None:
        """Add a field for each of the Config's."""
        self.config_of, self.stored = config, stored
        for key, info in config.model_fields.items():
            name = info.alias or key
            kept = stored.get(name, stored.get(key))
            self.fields[WITH + key] = config_field(info, around, kept)
            if name in stored or key in stored:
                self.initial.setdefault(WITH + key, kept)
            elif not info.is_required():
                self.initial.setdefault(WITH + key, info.get_default(call_default_factory=True))

    def config_fields(self) -> list[forms.BoundField]:
        """Those that came from the Config."""
        return [self[name] for name in self.fields if name.startswith(WITH)]

    def entered(self) -> dict[str, Any]:
        """What was entered, as it stands in a playbook: what is as without it stays out, and what means the same as
        before stays as it was written.
        """
        found: dict[str, Any] = {}
        for key, info in self.config_of.model_fields.items():
            value = _plain(bare(info.annotation), self.cleaned_data.get(WITH + key))
            if value not in (None, "", [], {}):
                found[info.alias or key] = value
        read = _read(self.config_of, found)
        if read is not None:
            if read == _read(self.config_of, self.stored):
                return dict(self.stored)
            found = {name: value for name, value in found.items() if _says_something(self.config_of, read, name)}
        return found

    def clean(self) -> dict[str, Any]:
        """What the Config objects to stands beneath its fields."""
        chosen = super().clean() or {}
        if any(name.startswith(WITH) for name in self.errors):
            return chosen
        try:
            self.config_of.model_validate(self.entered())
        except ValidationError as error:
            by_alias = {info.alias or key: key for key, info in self.config_of.model_fields.items()}
            for key, sentence in sentences(error).items():
                name = WITH + by_alias.get(key, key)
                self.add_error(name if name in self.fields else None, sentence)
        return chosen


def _plain(kind: Any, value: Any) -> Any:
    """A value as JSON has it; what is no number is left for the Config to refuse."""
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if kind in {int, float} and isinstance(value, str):
        try:
            return kind(value)
        except ValueError:
            return value
    return value


def _read(config: type[BaseModel], given: Mapping[str, Any]) -> BaseModel | None:
    try:
        return config.model_validate(given)
    except ValidationError:
        return None


def _says_something(config: type[BaseModel], read: BaseModel, name: str) -> bool:
    """Whether a field is otherwise than without it."""
    key = next(key for key, info in config.model_fields.items() if name in {key, info.alias})
    info = config.model_fields[key]
    return info.is_required() or getattr(read, key) != info.get_default(call_default_factory=True)


# ---------------------------------------------------------------- conditions
class ConditionRow(Row):
    """One condition."""

    key: str


class ConfigRow(ConditionRow, ConfigForm):
    """With the fields of its Config."""

    def value(self) -> Any:
        """Its key and what it needs."""
        return self.key, self.entered()


class GoneRow(ConditionRow):
    """A condition of a kind that is not there; it stays as it is until it is taken out."""

    gone = True
    kept = forms.JSONField(widget=forms.HiddenInput, required=False)

    def value(self) -> Any:
        """As it was."""
        return self.key, self.cleaned_data["kept"] or {}


class AnsweredRow(ConditionRow):
    """Whether an earlier question was answered."""

    step = forms.ChoiceField(label=gettext_lazy("Question"))

    def value(self) -> Any:
        """Which one."""
        return self.key, {"step": self.cleaned_data["step"]}


class ConditionRows(Rows):
    """Conditions, all of which must hold. ``asks_answers``: whether earlier questions may be asked about, too."""

    adds = gettext_lazy("Add a condition")

    def __init__(self, around: Around, *, asks_answers: bool = False, **given: Any) -> None:
        super().__init__(**given)
        self.around, self.asks_answers = around, asks_answers

    def kinds(self) -> Sequence[Kind]:
        """Conditions of whom the playbook follows; what needs a missing part is offered nowhere."""
        wants = "of_members" if self.around.audience is Audience.MEMBER else "of_groups"
        found = [
            Kind(key, _(kind.title))
            for key, kind in conditions.items()
            if getattr(kind, wants) and not missing_parts(kind.needs)
        ]
        about = self.asks_answers and self.around.offers.get("questions")
        asked = [Kind(ANSWERED, _("An earlier question was answered"))] if about else []
        return [*asked, *sorted(found, key=lambda each: each.title)]

    def row(self, kind: str, prefix: str, *, data: Any = None, value: Any = None) -> Row:
        """The fields of that condition."""
        row: ConditionRow
        if kind == ANSWERED and self.asks_answers:
            row = AnsweredRow(data, prefix=prefix, initial={KIND: kind, **(value or {})})
            row.title = _("An earlier question was answered")
            chosen = data.get(f"{prefix}-step") if data else (value or {}).get("step")
            row.fields["step"].choices = with_kept(self.around.offers.get("questions", ()), chosen)  # type: ignore[attr-defined]
        elif kind in conditions:
            row = ConfigRow(data, prefix=prefix, initial={KIND: kind})
            row.title = _(conditions[kind].title)
            row.add_config(conditions[kind].Config, value or {}, self.around)
        else:
            row = GoneRow(data, prefix=prefix, initial={KIND: kind, "kept": value or {}})
            row.title = _("Unknown here: “%(key)s”") % {"key": kind[:40]}
        row.key = kind
        return row

    def kept(self, value: Any) -> Iterable[tuple[str, Any]]:
        """Each condition, however it is written: alone, with one value, or with its fields."""
        for item in value if isinstance(value, (list, tuple)) else [value]:
            pairs = [(item, None)] if isinstance(item, str) else item.items() if isinstance(item, Mapping) else [item]
            for key, given in pairs:
                yield named(key), _fields(named(key), given)


def _fields(key: str, given: Any) -> dict[str, Any]:
    """What a condition needs; a bare value is that of its first field."""
    if isinstance(given, Mapping):
        return dict(given)
    if key == ANSWERED:
        return {"step": given}
    kind = conditions.get(key)
    first = next(iter(kind.Config.model_fields), "") if kind else ""
    return {first: given} if first and given is not None else {}


class WrittenConditions(ConditionRows):
    """The same within the Config of a step, kept as one writes them: ``[{tag: vip}, core]``."""

    def composed(self, values: Sequence[Any]) -> Any:
        """Each with its bare value where it has one alone."""
        return [_bare(key, given) for key, given in values]


def _bare(key: str, given: Mapping[str, Any]) -> Any:
    if not given:
        return key
    kind = conditions.get(key)
    first = "step" if key == ANSWERED else next(iter(kind.Config.model_fields), "") if kind else ""
    return {key: given[first]} if list(given) == [first] else {key: dict(given)}
