"""Fields for what playbooks write in their own way: lengths of time, moments, and whatever has no other field."""

from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from qunce.console.playbooks.whens import UNITS, WhenPart, when_initial
from qunce.playbooks.policies import moments
from qunce.playbooks.policies.moments import BadMomentError
from qunce.playbooks.types import When

LARGEST = 20_000
LETTERS = {"minutes": "m", "hours": "h", "days": "d"}


# ---------------------------------------------------------------- lengths of time
class LengthWidget(forms.MultiWidget):
    """A number and its unit."""

    def __init__(self) -> None:
        number = forms.NumberInput(attrs={"min": 0, "aria-label": gettext_lazy("How long"), "class": "form-control"})
        units = [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))]
        unit = forms.Select(choices=units, attrs={"aria-label": gettext_lazy("Unit"), "class": "form-select"})
        super().__init__({"amount": number, "unit": unit}, attrs={"data-length": ""})

    def get_context(self, name: str, value: Any, attrs: Any) -> Any:
        """The unit looks like what it is."""
        context = super().get_context(name, value, attrs)
        unit = context["widget"]["subwidgets"][1]["attrs"]
        unit["class"] = str(unit.get("class", "")).replace("form-control", "form-select")
        return context

    def decompress(self, value: Any) -> list[Any]:
        """A length in its own unit where it is written in one, else in its largest whole one."""
        try:
            length = moments.duration(value) if isinstance(value, str) and value else value
        except BadMomentError:
            return [value, "hours"]
        if not isinstance(length, timedelta):
            return [None, "hours"]
        minutes = int(length.total_seconds() // 60)
        own = {f"{minutes // UNITS[unit]}{letter}": unit for unit, letter in LETTERS.items()}
        whole = next(name for name in ("days", "hours", "minutes") if not minutes % UNITS[name])
        unit = own.get(str(value).strip(), whole)
        return [minutes // UNITS[unit], unit]


class LengthField(forms.MultiValueField):
    """A length of time, as it stands in a playbook: ``48h``."""

    def __init__(self, **given: Any) -> None:
        parts = (
            forms.IntegerField(min_value=0, max_value=10_000_000, required=False),
            forms.CharField(required=False),
        )
        super().__init__(fields=parts, widget=LengthWidget(), require_all_fields=False, **given)

    def compress(self, data_list: Sequence[Any]) -> str:
        """As one writes it; nothing where nothing was entered."""
        if not data_list or data_list[0] is None:
            return ""
        amount, unit = data_list
        return f"{amount}{LETTERS.get(unit, 'h')}"


# ---------------------------------------------------------------- moments
class MomentWidget(forms.Widget):
    """The moment of a step, as a part of another form."""

    grouped = True

    def __init__(self, ways: Sequence[str]) -> None:
        super().__init__()
        self.ways = ways

    def value_from_datadict(self, data: Any, files: Any, name: str) -> WhenPart:
        """The part that was posted."""
        del files
        return WhenPart(data, prefix=name, ways=self.ways)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """It stands under names of its own."""
        del files
        return f"{name}-way" not in data

    def id_for_label(self, id_: str) -> str:
        """No field alone is meant."""
        del id_
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The part as it was posted, or as it is kept."""
        del attrs, renderer
        form = value if isinstance(value, WhenPart) else None
        if form is None:
            form = WhenPart(initial=when_initial(_moment(value)), prefix=name, ways=self.ways)
        said = render_to_string("console/playbooks/when.html", {"form": form})
        return mark_safe(said)  # noqa: S308 (a template of ours, which escapes)


def _moment(value: Any) -> When:
    try:
        return moments.parse(str(value or ""))
    except BadMomentError:
        return When()


class MomentField(forms.Field):
    """A moment, kept as the line that says it."""

    def __init__(self, ways: Sequence[str], **given: Any) -> None:
        super().__init__(widget=MomentWidget(ways), **given)

    def clean(self, value: Any) -> str:
        """The line."""
        if not isinstance(value, WhenPart):
            return ""
        if not value.is_valid():
            raise forms.ValidationError(_("Look at what is marked above."))
        return moments.written(value.moment())


# ---------------------------------------------------------------- anything that has no field of its own
class YamlField(forms.CharField):
    """Lists and mappings of kinds that were added, written as in the text of the playbook."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 4, "class": "code"}), **given})

    def prepare_value(self, value: Any) -> Any:
        """What is stored, as text."""
        return value if isinstance(value, str) or value is None else dumped(value)

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
