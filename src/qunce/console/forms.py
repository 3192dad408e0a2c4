"""What forms of the console share, and forms made from a kind's Config."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from django import forms
from django.forms import Form
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from pydantic.fields import FieldInfo

from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.words import DAYS

ANY = ""
"""The language of words that are the same whatever one reads."""


@contextmanager
def errors_in(form: Form) -> Iterator[None]:
    """Show what an action objects to beneath the field it names, or above the form; what was typed stays.

    ``with errors_in(form): action(…); return go(…)``: what follows the block is the page with the form again.
    """
    try:
        yield
    except (Invalid, Conflict) as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))


class DayInput(forms.DateInput):
    """A day, as browsers know it in every language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """A time of day, as browsers know it in every language."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class MomentInput(forms.DateTimeInput):
    """A day with a time, as browsers know it in every language."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class _AtOnce(forms.Select):
    """The same HTML as Django's, which takes a template for each of what may be thousands of choices."""

    def render(
        self, name: str, value: object, attrs: Mapping[str, Any] | None = None, renderer: object = None
    ) -> SafeString:
        """In one go."""
        del renderer
        more = {"multiple": True} if self.allow_multiple_selected else {}
        given = flatatt(self.build_attrs({**self.attrs, "name": name, **more}, dict(attrs or {})))
        chosen, selected = set(self.format_value(value)), flatatt({"selected": True})
        offered = ((key, selected if str(key) in chosen else "", words) for key, words in self.choices)
        shown = format_html_join("\n", '<option value="{}"{}>{}</option>', offered)
        return format_html("<select{}>{}</select>", given, shown)


class OneOfMany(_AtOnce, forms.Select):
    """A select of one among thousands."""


class SomeOfMany(_AtOnce, forms.SelectMultiple):
    """A select of some among thousands."""


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Days of the week to tick; Monday is 0."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            coerce=int,
            choices=tuple(enumerate(DAYS)),
            widget=forms.CheckboxSelectMultiple(attrs={"data-chips": ""}),
            **given,
        )


# ---------------------------------------------------------------- fields from a Config
def field_of(info: FieldInfo, *, languages: Sequence[str] = (), **more: Any) -> forms.Field:
    """A field for one of a Config: its title and description from there, its widget from its type.

    ``languages``: those in which its words may be written. What is right and wrong is the Config's own to say.
    """
    kind = bare(info.annotation)
    common: dict[str, Any] = {
        "label": _(info.title) if info.title else "",
        "help_text": _(info.description) if info.description else "",
        "required": info.is_required(),
        **more,
    }
    if kind is bool:
        return forms.BooleanField(**{**common, "required": False})
    if choices := _choices(kind):
        return forms.ChoiceField(choices=choices, **common)
    if _is_words(kind):
        return WordsField(languages, **common)
    if _is_list(kind):
        return ListField(**common)
    if kind in {int, float}:
        common.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric" if kind is int else "decimal"}))
    return forms.CharField(**common)


def bare(annotation: Any) -> Any:
    """The type without ``| None`` and without what is said about it."""
    if get_origin(annotation) is Annotated:
        return bare(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return bare(next(each for each in get_args(annotation) if each is not type(None)))
    return annotation


def _choices(kind: Any) -> list[tuple[str, str]]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [(str(each.value), _(each.name.replace("_", " ").capitalize())) for each in kind]
    if get_origin(kind) is Literal:
        return [(str(each), _(str(each))) for each in get_args(kind)]
    return []


def _is_words(kind: Any) -> bool:
    return get_origin(kind) is dict and get_args(kind) == (str, str)


def _is_list(kind: Any) -> bool:
    return get_origin(kind) in {list, tuple, set, frozenset} and bare(get_args(kind)[0]) in {str, int}


# ---------------------------------------------------------------- lists and words
class ListField(forms.CharField):
    """Several short texts, one on each line."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 3}), **given})
        self.help_text = self.help_text or gettext_lazy("One on each line.")

    def prepare_value(self, value: Any) -> Any:
        """What is stored, as lines."""
        return "\n".join(map(str, value)) if isinstance(value, (list, tuple)) else value

    def clean(self, value: Any) -> Any:
        """The lines, without the empty ones."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class WordsWidget(forms.MultiWidget):
    """One area for each language."""

    def __init__(self, languages: Sequence[str], rows: int) -> None:
        self.languages = languages or (ANY,)
        areas: dict[str, forms.Widget | type[forms.Widget]] = {
            _suffix(code): forms.Textarea(
                attrs={
                    "rows": rows,
                    **({"lang": code} if code else {}),
                    "aria-label": name,
                    "placeholder": name,
                    "data-words": code,
                }
            )
            for code in self.languages
            for name in (language_name(code),)
        }
        super().__init__(areas)

    def decompress(self, value: Any) -> list[str]:
        """The words of each language."""
        words: Mapping[str, str] = {ANY: value} if isinstance(value, str) else value or {}
        return [words.get(code, "") for code in self.languages]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:  # type: ignore[override]
        """What was written, by language."""
        typed = super().value_from_datadict(data, files, name)
        return {
            code: text.replace("\r\n", "\n").strip()
            for code, text in zip(self.languages, typed, strict=True)
            if text and text.strip()
        }

    def get_context(self, name: str, value: Any, attrs: Any) -> Any:
        """A dictionary is a value of all areas together."""
        return super().get_context(name, self.decompress(value) if not isinstance(value, list) else value, attrs)


class WordsField(forms.Field):
    """A text in several languages: ``{"zh": …, "en": …}``."""

    def __init__(self, languages: Sequence[str] = (), *, rows: int = 3, **given: Any) -> None:
        super().__init__(widget=WordsWidget(languages, rows), **given)

    def clean(self, value: Any) -> Any:
        """Needed means: in one language at least."""
        words = value or {}
        if self.required and not words:
            raise forms.ValidationError(_("This is needed."))
        return words


def _suffix(code: str) -> str:
    return code or "any"


def language_name(code: str) -> str:
    """A language in its own words; of words that are for everybody: that."""
    if not code:
        return _("In every language")
    try:
        return str(get_language_info({"zh": "zh-hans"}.get(code, code))["name_local"])
    except KeyError:
        return code
