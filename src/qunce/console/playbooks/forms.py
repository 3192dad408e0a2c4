"""Forms of playbooks: a step from its kind's Config, when it comes, how the whole begins, what it is for."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from io import StringIO
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from qunce.console.forms import ANY, WordsField, bare, field_of
from qunce.console.playbooks import words
from qunce.console.playbooks.whens import WhenPart, when_initial
from qunce.kernel.validation import sentences
from qunce.members.condition import conditions
from qunce.playbooks.policies.moments import written_duration
from qunce.playbooks.policies.yaml import named
from qunce.playbooks.types import Audience, Document, Late, StepSpec

WITH = "with_"
LENGTHS = gettext_lazy("Such as 30m, 2h, 3d or 1d 12h.")
LARGEST = 20_000
OFFER = "offer"
"""By this a Config says that a field is chosen from a list of the editor's."""


# ---------------------------------------------------------------- anything that has no field of its own
class YamlField(forms.CharField):
    """Lists and mappings, written as in the text of the playbook."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 4, "class": "code"}), **given})

    def prepare_value(self, value: Any) -> Any:
        """What is stored, as text."""
        if isinstance(value, str) or value is None:
            return value
        return dumped(value)

    def clean(self, value: Any) -> Any:
        """What is written, as values."""
        text = super().clean(value)
        if not text.strip():
            return None
        try:
            return YAML(typ="safe").load(text[:LARGEST])
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise forms.ValidationError(_("Line %(line)d cannot be read.") % {"line": line}) from error


def dumped(value: Any) -> str:
    """A value as text of a playbook."""
    if not value:
        return ""
    stream, yaml = StringIO(), YAML()
    yaml.default_flow_style = False
    yaml.indent(mapping=2, sequence=2, offset=0)
    yaml.dump(value, stream)
    return stream.getvalue().strip()


class LengthField(forms.CharField):
    """A length of time as it stands in a playbook: ``48h``, ``1d 12h``."""

    def prepare_value(self, value: Any) -> Any:
        """A default, as one would write it."""
        return written_duration(value) if isinstance(value, timedelta) else value


def config_field(info: FieldInfo, languages: Sequence[str]) -> forms.Field:
    """A field for one of a kind's Config."""
    kind = bare(info.annotation)
    found = field_of(info, languages=languages)
    if kind is timedelta:
        return LengthField(label=found.label, help_text=found.help_text or LENGTHS, required=found.required)
    plain = type(found) is forms.CharField
    if isinstance(info.json_schema_extra, dict) and (list_ := info.json_schema_extra.get(OFFER)):
        found.widget = forms.TextInput({"list": f"offer-{list_}", "autocomplete": "off"})
        return found
    if (plain and not isinstance(kind, type)) or (plain and isinstance(kind, type) and issubclass(kind, BaseModel)):
        return YamlField(label=found.label, help_text=found.help_text, required=found.required)
    return found


class ConfigForm(forms.Form):
    """The fields of a kind's Config; what is right and wrong is the Config's own to say."""

    config_of: type[BaseModel]

    def add_config(self, config: type[BaseModel], stored: Mapping[str, Any], languages: Sequence[str]) -> None:
        """Add a field for each of the Config's."""
        self.config_of = config
        for key, info in config.model_fields.items():
            name = info.alias or key
            kept = stored.get(name, stored.get(key))
            for_all = isinstance(kept, str) or (isinstance(kept, dict) and ANY in kept)
            self.fields[WITH + key] = config_field(info, [*languages, ANY] if for_all else languages)
            if name in stored or key in stored:
                self.initial.setdefault(WITH + key, kept)
            elif not info.is_required():
                self.initial.setdefault(WITH + key, info.get_default(call_default_factory=True))

    def config_fields(self) -> list[forms.BoundField]:
        """Those that came from the Config."""
        return [self[name] for name in self.fields if name.startswith(WITH)]

    def entered(self) -> dict[str, Any]:
        """What was entered, as it stands in a playbook: what is as without it stays out."""
        found: dict[str, Any] = {}
        for key, info in self.config_of.model_fields.items():
            value = self.cleaned_data.get(WITH + key)
            default = info.get_default(call_default_factory=True) if not info.is_required() else None
            if value in (None, "", [], {}) or (not info.is_required() and _same(value, default)):
                continue
            found[info.alias or key] = value
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


def _same(value: Any, default: Any) -> bool:
    if isinstance(default, timedelta):
        return str(value).strip() == written_duration(default)
    return value == default or str(value) == str(default)


# ---------------------------------------------------------------- a step
class StepForm(WhenPart, ConfigForm):
    """One step of a playbook."""

    step_title = WordsField(label=gettext_lazy("Title"), required=False)
    step_id = forms.RegexField(
        label=gettext_lazy("Name in the text"),
        regex=r"^[a-z0-9][a-z0-9-]{0,39}$",
        help_text=gettext_lazy("Small letters, digits and hyphens; later steps refer to it."),
        error_messages={"invalid": gettext_lazy("Small letters, digits and hyphens, at most 40.")},
    )
    only_if = YamlField(
        label=gettext_lazy("Only if"),
        help_text=gettext_lazy("All of these must hold, one on each line; otherwise the step is left out."),
        required=False,
    )
    late = forms.ChoiceField(label=gettext_lazy("When it is late"), required=False)

    def __init__(self, document: Document, step: StepSpec, config: type[BaseModel], data: Any = None) -> None:
        languages = languages_of(document)
        super().__init__(
            data,
            initial={
                **when_initial(step.when),
                "step_title": dict(step.title),
                "step_id": step.id,
                "only_if": [{key: value} for key, value in step.only_if],
                "late": step.late or "",
            },
        )
        self.document, self.step = document, step
        self.fields["step_title"] = WordsField(languages, rows=1, label=_("Title"), required=False)
        as_it_says = _("As the playbook says: %(rule)s") % {"rule": words.LATE[document.late]}
        self.fields["late"].choices = [("", as_it_says), *words.LATE.items()]  # type: ignore[attr-defined]
        self.add_config(config, step.with_, languages)

    def clean_step_id(self) -> str:
        """Every step has an id of its own."""
        name: str = self.cleaned_data["step_id"]
        if name != self.step.id and any(step.id == name for step in self.document.walk()):
            raise forms.ValidationError(_("Another step has this name already."))
        return name

    def clean_only_if(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """Conditions as they stand in a document."""
        return conditions_of(self.cleaned_data["only_if"])

    def spec(self) -> StepSpec:
        """The step as it was entered."""
        chosen = self.cleaned_data
        return self.step.model_copy(
            update={
                "id": chosen["step_id"],
                "title": chosen["step_title"],
                "when": self.moment(),
                "only_if": chosen["only_if"],
                "late": Late(chosen["late"]) if chosen["late"] else None,
                "with_": self.entered(),
            }
        )


def conditions_of(written: Any) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Conditions as one writes them (``- tag: 核心``); a bare value is that of the condition's first field."""
    found: list[tuple[str, dict[str, Any]]] = []
    for given in written if isinstance(written, list) else [written] if written else []:
        row = {given: None} if isinstance(given, str) else given
        if not isinstance(row, dict):
            raise forms.ValidationError(_("Write a condition and what it needs on each line: “- tag: vip”."))
        found += [(named(key), _config_of(named(key), value)) for key, value in row.items()]
    return tuple(found)


def _config_of(key: str, value: Any) -> dict[str, Any]:
    """What a condition needs, checked by its Config."""
    if key not in conditions:
        raise forms.ValidationError(_("There is no condition “%(key)s”.") % {"key": key})
    config = conditions[key].Config
    first = next(iter(config.model_fields), "")
    given = value if isinstance(value, dict) else {} if value is None else {first: value}
    try:
        config.model_validate(given)
    except ValidationError as error:
        raise forms.ValidationError([f"{key}: {said}" for said in sentences(error).values()]) from error
    return given


def languages_of(document: Document) -> list[str]:
    """The languages in which a playbook is written, ours first."""
    used: dict[str, None] = {"zh": None, "en": None}
    for text in (document.title, document.summary, document.goal, document.evidence, document.path):
        used |= dict.fromkeys(text)
    for step in document.walk():
        for value in (step.title, *step.with_.values()):
            if isinstance(value, dict) and value and all(isinstance(each, str) for each in (*value, *value.values())):
                used |= dict.fromkeys(key for key in value if len(key) <= 7)  # noqa: PLR2004 (zh-hant)
    return [code for code in used if code != ANY]


# ---------------------------------------------------------------- the whole
class AboutForm(forms.Form):
    """What a playbook is for."""

    audience = forms.ChoiceField(
        label=gettext_lazy("Whom it follows"),
        choices=[
            (Audience.GROUP, gettext_lazy("Groups: one track per group")),
            (Audience.MEMBER, gettext_lazy("Members: one track per member")),
        ],
    )
    late = forms.ChoiceField(label=gettext_lazy("When a step is late"), choices=list(words.LATE.items()))
    late_minutes = forms.IntegerField(
        label=gettext_lazy("Late after so many minutes"), min_value=1, max_value=100_000
    )
    takes_part = forms.FloatField(
        label=gettext_lazy("How many will take part, in percent"), min_value=0, max_value=100, required=False
    )
    effort_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes that a member needs for it"), min_value=0, max_value=10_000, required=False
    )
    first_gain_days = forms.IntegerField(
        label=gettext_lazy("Days until a member has something of it"), min_value=0, max_value=3660, required=False
    )
    WORDS = (
        ("title", gettext_lazy("Title"), "", 1),
        ("summary", gettext_lazy("In a sentence"), "", 2),
        ("goal", gettext_lazy("Goal"), gettext_lazy("What is to be reached, for members too."), 2),
        ("evidence", gettext_lazy("Evidence"), gettext_lazy("By what one will see that it is reached."), 2),
        ("path", gettext_lazy("Path"), gettext_lazy("How everybody can walk there, step by small step."), 2),
    )

    def __init__(self, document: Document, data: Any = None) -> None:
        plan = document.plan
        super().__init__(
            data,
            initial={
                **{name: dict(getattr(document, name)) for name, *_rest in self.WORDS},
                "audience": document.audience,
                "late": document.late,
                "late_minutes": int(document.late_after.total_seconds() // 60),
                "takes_part": round(plan.takes_part * 100, 1) if plan.takes_part is not None else None,
                "effort_minutes": plan.effort_minutes,
                "first_gain_days": plan.first_gain_days,
            },
        )
        self.document = document
        languages = languages_of(document)
        written = {
            name: WordsField(languages, rows=rows, label=label, help_text=hint, required=name == "title")
            for name, label, hint, rows in self.WORDS
        }
        self.fields = {**written, **self.fields}

    def changed_document(self) -> Document:
        """The document as it was entered."""
        chosen = self.cleaned_data
        share = chosen["takes_part"]
        plan = self.document.plan.model_copy(
            update={
                "takes_part": share / 100 if share is not None else None,
                "effort_minutes": chosen["effort_minutes"],
                "first_gain_days": chosen["first_gain_days"],
            }
        )
        return self.document.model_copy(
            update={
                **{name: chosen[name] for name, *_rest in self.WORDS},
                "audience": Audience(chosen["audience"]),
                "late": Late(chosen["late"]),
                "late_after": timedelta(minutes=chosen["late_minutes"]),
                "plan": plan,
            }
        )
