"""Lists of rows in a form: each row is a small form of its own, added, taken out and moved within the page.

A list is one field. ``Rows`` says what its rows are; what is posted under ``<name>-<number>-…`` is read in the order
in which it stands on the page. Rows to be added wait there as templates (``rows.js``).
"""

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qunce.console.forms import ANY, WordsField

BLANK = "__row__"
"""Stands for the name of a row that is not there yet."""
KIND = "kind"
MOST = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """What may be added to a list."""

    key: str
    title: str


class Row(forms.Form):
    """One row. ``title`` stands above its fields; ``gone``: nothing knows this kind any more."""

    kind = forms.CharField(widget=forms.HiddenInput, required=False)
    title = ""
    gone = False

    def value(self) -> Any:
        """What was entered, as the list keeps it."""
        raise NotImplementedError

    def shown(self) -> list[forms.BoundField]:
        """The fields to fill in."""
        return [bound for bound in self if not bound.is_hidden]


class RowsWidget(forms.Widget):
    """All rows, what may be added, and a template of each."""

    grouped = True
    rows: "Rows"

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[Row]:
        """The rows that were posted."""
        del files
        number = re.compile(rf"{re.escape(name)}-(\d{{1,9}})-{KIND}")
        found = dict.fromkeys(met[1] for key in data if (met := number.fullmatch(key)))
        prefixes = [f"{name}-{each}" for each in list(found)[:MOST]]
        return [self.rows.row(str(data.get(f"{prefix}-{KIND}", "")), prefix, data=data) for prefix in prefixes]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """No row at all is a value, too."""
        del data, files, name
        return False

    def id_for_label(self, id_: str) -> str:
        """No field alone is meant."""
        del id_
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The rows as they were posted, or as they are kept."""
        del attrs, renderer
        of = self.rows
        posted = [each for each in value or () if isinstance(each, Row)] if isinstance(value, list) else []
        rows = posted or [
            of.row(kind, f"{name}-{number}", value=kept)
            for number, (kind, kept) in enumerate(of.kept(value) if value else ())
        ]
        kinds = of.kinds()
        return mark_safe(  # noqa: S308 (a template of ours, which escapes)
            render_to_string(
                "console/playbooks/rows.html",
                {
                    "name": name,
                    "rows": rows,
                    "kinds": kinds,
                    "templates": [(kind, of.row(kind.key, BLANK)) for kind in kinds],
                    "of": of,
                },
            )
        )


class Rows(forms.Field):
    """A list of rows. ``adds``: what the button says; ``none``: what stands where there are none yet."""

    widget = RowsWidget
    adds: Any = gettext_lazy("Add")
    none: Any = ""
    ordered = False
    """Whether it matters which comes first."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.widget.rows = self

    @abstractmethod
    def kinds(self) -> Sequence[Kind]:
        """What may be added."""

    @abstractmethod
    def row(self, kind: str, prefix: str, *, data: Any = None, value: Any = None) -> Row:
        """A row of that kind: as posted, as kept, or empty."""

    @abstractmethod
    def kept(self, value: Any) -> Iterable[tuple[str, Any]]:
        """The rows of what is kept, each with its kind."""

    def composed(self, values: Sequence[Any]) -> Any:
        """All rows together, as they are kept."""
        return list(values)

    def clean(self, value: Any) -> Any:
        """Each row is right in itself."""
        rows = [each for each in value or () if isinstance(each, Row)]
        if not all(row.is_valid() for row in rows):
            raise forms.ValidationError(_("Look at what is marked above."))
        if self.required and not rows:
            raise forms.ValidationError(_("This is needed."))
        return self.composed([row.value() for row in rows])

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Rows are compared by nobody."""
        del initial, data
        return True


# ---------------------------------------------------------------- texts, one after the other
def with_any(languages: Sequence[str], kept: Any) -> Sequence[str]:
    """Languages, and a field for every language where what is kept is written so."""
    for_all = isinstance(kept, str) or (isinstance(kept, Mapping) and ANY in kept)
    return [*languages, ANY] if for_all else languages


def kept_so(data: Any, name: str, kept: Any) -> Any:
    """What is kept, as far as ``with_any`` asks: of what was posted, whether it had a field for every language."""
    return {ANY: ""} if data and f"{name}_any" in data else kept


class _TextRow(Row):
    def value(self) -> Any:
        return self.cleaned_data["text"]


class TextRows(Rows):
    """Texts, each in several languages: what one can choose from."""

    adds = gettext_lazy("Add an answer")
    ordered = True

    def __init__(self, languages: Sequence[str], **given: Any) -> None:
        super().__init__(**given)
        self.languages = languages

    def kinds(self) -> Sequence[Kind]:
        """One kind."""
        return [Kind("text", "")]

    def row(self, kind: str, prefix: str, *, data: Any = None, value: Any = None) -> Row:
        """A text in each language."""
        del kind
        row = _TextRow(data, prefix=prefix, initial={KIND: "text", "text": value})
        languages = with_any(self.languages, kept_so(data, f"{prefix}-text", value))
        row.fields["text"] = WordsField(languages, rows=1, label=_("Text"))
        return row

    def kept(self, value: Any) -> Iterable[tuple[str, Any]]:
        """Each text."""
        return [("text", each) for each in value] if isinstance(value, (list, tuple)) else []


# ---------------------------------------------------------------- names and values
class _PairRow(Row):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    said = forms.CharField(label=gettext_lazy("What is said"), max_length=2000, required=False)

    def value(self) -> Any:
        return self.cleaned_data["name"], self.cleaned_data["said"]


class PairRows(Rows):
    """Names, each with what it says."""

    adds = gettext_lazy("Add a field")

    def kinds(self) -> Sequence[Kind]:
        """One kind."""
        return [Kind("pair", "")]

    def row(self, kind: str, prefix: str, *, data: Any = None, value: Any = None) -> Row:
        """A name and what it says."""
        del kind
        name, said = value or ("", "")
        return _PairRow(data, prefix=prefix, initial={KIND: "pair", "name": name, "said": said})

    def kept(self, value: Any) -> Iterable[tuple[str, Any]]:
        """Each of them."""
        return [("pair", pair) for pair in value.items()] if isinstance(value, Mapping) else []

    def composed(self, values: Sequence[Any]) -> Any:
        """By name."""
        if len({name for name, _said in values}) < len(values):
            raise forms.ValidationError(_("A name stands here twice."))
        return dict(values)
