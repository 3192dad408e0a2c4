"""Forms of playbooks: a step from its kind's Config, when it comes, how the whole begins, what it is for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel

from qunce.console.forms import ANY, WordsField
from qunce.console.playbooks import words
from qunce.console.playbooks.configs import Around, Choices, ConditionRows, ConfigForm
from qunce.console.playbooks.fields import LengthField
from qunce.console.playbooks.grid import title_of
from qunce.console.playbooks.parts import part_name
from qunce.console.playbooks.rows import KIND, Kind, PairRows, Row, Rows, TextRows, kept_so, with_any
from qunce.console.playbooks.whens import WhenPart, when_initial
from qunce.playbooks.policies import filling
from qunce.playbooks.policies.moments import duration
from qunce.playbooks.policies.parts import PARTS
from qunce.playbooks.step import steps
from qunce.playbooks.types import Audience, Document, Late, StepSpec, Variable

LANGUAGE = re.compile(r"[a-z]{2}(?:-[a-z]{2,4})?")


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
    late = forms.ChoiceField(label=gettext_lazy("When it is late"), required=False)

    def __init__(
        self,
        document: Document,
        step: StepSpec,
        config: type[BaseModel],
        data: Any = None,
        offered: Mapping[str, Choices] | None = None,
    ) -> None:
        around = around_step(document, step, offered)
        super().__init__(
            data,
            initial={
                **when_initial(step.when),
                "step_title": dict(step.title),
                "step_id": step.id,
                "only_if": list(step.only_if),
                "late": step.late or "",
            },
        )
        self.document, self.step = document, step
        languages = with_any(around.languages, step.title)
        self.fields["step_title"] = WordsField(languages, rows=1, label=_("Title"), required=False)
        self.fields["only_if"] = ConditionRows(
            around,
            label=_("Only if"),
            help_text=_("All of these must hold; otherwise the step is left out."),
            required=False,
        )
        as_it_says = _("As the playbook says: %(rule)s") % {"rule": words.LATE[document.late]}
        self.fields["late"].choices = [("", as_it_says), *words.LATE.items()]  # type: ignore[attr-defined]
        self.add_config(config, step.with_, around)

    def has_texts(self) -> bool:
        """Whether it says something into which variables may be put."""
        return any(
            isinstance(self.fields[each.name], WordsField | TextRows | PairRows) for each in self.config_fields()
        )

    def clean_step_id(self) -> str:
        """Every step has an id of its own."""
        name: str = self.cleaned_data["step_id"]
        if name != self.step.id and any(step.id == name for step in self.document.walk()):
            raise forms.ValidationError(_("Another step has this name already."))
        return name

    def spec(self) -> StepSpec:
        """The step as it was entered."""
        chosen = self.cleaned_data
        return self.step.model_copy(
            update={
                "id": chosen["step_id"],
                "title": chosen["step_title"],
                "when": self.moment(),
                "only_if": tuple(chosen["only_if"]),
                "late": Late(chosen["late"]) if chosen["late"] else None,
                "with_": self.entered(),
            }
        )


def around_step(
    document: Document, step: StepSpec | None = None, offered: Mapping[str, Choices] | None = None
) -> Around:
    """What the fields of a step, or of a start, may choose from. ``offered``: what is not in the document itself."""
    others = [each for each in document.walk() if step is None or each.id != step.id]
    kinds = {each.id: steps.get(each.do) for each in others}

    def those(wants: str) -> Choices:
        return [
            (each.id, f"{title_of(each)} ({each.id})") for each in others if getattr(kinds[each.id], wants, False)
        ]

    offers = {"steps": those("speaks"), "questions": those("collects"), "playbooks": (), **(offered or {})}
    return Around(document.audience, languages_of(document), offers)


def languages_of(document: Document) -> list[str]:
    """The languages in which a playbook is written, ours first."""
    used: dict[str, None] = {"zh": None, "en": None}
    for text in (document.title, document.summary, document.goal, document.evidence, document.path):
        used |= dict.fromkeys(text)
    for step in document.walk():
        for value in (step.title, *step.with_.values()):
            if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
                used |= dict.fromkeys(key for key in value if LANGUAGE.fullmatch(str(key)))
    return [code for code in used if code != ANY]


# ---------------------------------------------------------------- variables
class VariableRow(Row):
    """A variable: how texts name it, and what is asked when a run begins."""

    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("In texts: {name}"), max_length=40)
    required = forms.BooleanField(label=gettext_lazy("Must be filled in when a run begins"), required=False)

    def clean_name(self) -> str:
        """A name that texts can hold, and that nothing else has."""
        name: str = self.cleaned_data["name"].strip()
        if not filling.is_name(name):
            raise forms.ValidationError(_("Letters, digits and spaces, please."))
        known = filling.known()
        if name in known or name in known.values():
            raise forms.ValidationError(_("Every text knows this name already."))
        return name

    def value(self) -> tuple[str, Variable]:
        """Its name and what it is."""
        chosen = self.cleaned_data
        label = chosen["label"] or {ANY: chosen["name"]}
        return chosen["name"], Variable(label=label, default=chosen["default"], required=chosen["required"])


class VariableRows(Rows):
    """The variables of a playbook, as they are asked for."""

    adds = gettext_lazy("Add a variable")

    def __init__(self, languages: Sequence[str], **given: Any) -> None:
        super().__init__(**given)
        self.languages = languages

    def kinds(self) -> Sequence[Kind]:
        """One kind."""
        return [Kind("variable", "")]

    def row(self, kind: str, prefix: str, *, data: Any = None, value: Any = None) -> Row:
        """A variable; a text that is for every language keeps its own field."""
        del kind
        name, kept = value or ("", Variable(label={}))
        initial = {KIND: "variable", "name": name, **kept.model_dump()}
        row = VariableRow(data, prefix=prefix, initial=initial)
        for field, label in (("label", _("What is asked")), ("default", _("What stands there unless it is changed"))):
            languages = with_any(self.languages, kept_so(data, f"{prefix}-{field}", initial[field]))
            row.fields[field] = WordsField(languages, rows=1, label=label, required=False)
        row.order_fields(["name", "label", "default", "required"])
        return row

    def kept(self, value: Any) -> Iterable[tuple[str, Any]]:
        """Each with its name."""
        return [("variable", pair) for pair in value.items()] if isinstance(value, dict) else []

    def composed(self, values: Sequence[Any]) -> Any:
        """By name."""
        if len({name for name, _variable in values}) < len(values):
            raise forms.ValidationError(_("A name stands here twice."))
        return dict(values)


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
    late_after = LengthField(label=gettext_lazy("Late after"))
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
                "late_after": document.late_after,
                "variables": document.variables,
                "needs": list(document.needs),
                "takes_part": round(plan.takes_part * 100, 1) if plan.takes_part is not None else None,
                "effort_minutes": plan.effort_minutes,
                "first_gain_days": plan.first_gain_days,
            },
        )
        self.document = document
        languages = languages_of(document)
        written = {
            name: WordsField(
                with_any(languages, getattr(document, name)),
                rows=rows,
                label=label,
                help_text=hint,
                required=name == "title",
            )
            for name, label, hint, rows in self.WORDS
        }
        needs = {name: part_name(name) for name in (*sorted(PARTS), *document.needs)}
        asked = {
            "variables": VariableRows(
                languages,
                label=_("Variables"),
                help_text=_("What differs from run to run: asked for when one begins, and put into texts."),
                required=False,
            ),
            "needs": forms.MultipleChoiceField(
                label=_("What it cannot do without"),
                help_text=_("What steps need is known by itself; name here what its texts promise besides."),
                choices=list(needs.items()),
                widget=forms.CheckboxSelectMultiple(attrs={"data-chips": ""}),
                required=False,
            ),
        }
        self.fields = {**written, **self.fields, **asked}

    def clean_late_after(self) -> str:
        """Something is late after a minute at the earliest."""
        length: str = self.cleaned_data["late_after"]
        if not length or not duration(length):
            raise forms.ValidationError(_("At least a minute."))
        return length

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
                "late_after": duration(chosen["late_after"]),
                "variables": chosen["variables"],
                "needs": tuple(chosen["needs"]),
                "plan": plan,
            }
        )
