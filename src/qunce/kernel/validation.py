"""What is wrong with a form's or file's fields, in sentences: pydantic's errors in the reader's language."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import ValidationError
from pydantic_core import ErrorDetails

_SENTENCES: Mapping[str, str] = {
    "missing": gettext_noop("This is needed."),
    "extra_forbidden": gettext_noop("There is no such field here."),
    "string_too_short": gettext_noop("At least %(min_length)d characters."),
    "string_too_long": gettext_noop("At most %(max_length)d characters."),
    "string_pattern_mismatch": gettext_noop("This does not have the expected form."),
    "string_type": gettext_noop("A text, please."),
    "bool_parsing": gettext_noop("Yes or no, please."),
    "bool_type": gettext_noop("Yes or no, please."),
    "int_parsing": gettext_noop("A whole number, please."),
    "int_type": gettext_noop("A whole number, please."),
    "int_from_float": gettext_noop("A whole number, please."),
    "float_parsing": gettext_noop("A number, please."),
    "float_type": gettext_noop("A number, please."),
    "time_parsing": gettext_noop("A time of day, please, such as 20:30."),
    "time_type": gettext_noop("A time of day, please, such as 20:30."),
    "too_short": gettext_noop("At least %(min_length)d of them."),
    "too_long": gettext_noop("At most %(max_length)d of them."),
    "tuple_type": gettext_noop("A list, please."),
    "list_type": gettext_noop("A list, please."),
    "dict_type": gettext_noop("A text, or one text per language, please."),
    "greater_than": gettext_noop("More than %(gt)g, please."),
    "greater_than_equal": gettext_noop("At least %(ge)g, please."),
    "less_than": gettext_noop("Less than %(lt)g, please."),
    "less_than_equal": gettext_noop("At most %(le)g, please."),
    "enum": gettext_noop("Choose one of the list."),
    "literal_error": gettext_noop("Choose one of: %(expected)s."),
    "url_parsing": gettext_noop("This is not a web address; it begins with https://."),
    "url_scheme": gettext_noop("This is not a web address; it begins with https://."),
}


class BadFieldError(ValueError):
    """A validator's own objection: a message id with places for ``params``."""

    def __init__(self, sentence: str, **params: str | int) -> None:
        super().__init__(sentence % params if params else sentence)
        self.sentence = sentence
        self.params = params


def said(error: ErrorDetails) -> str:
    """One of pydantic's errors in the reader's language; a validator's own error speaks for itself."""
    context = error.get("ctx", {})
    if sentence := _SENTENCES.get(error["type"]):
        return _(sentence) % context
    own = context.get("error")
    if isinstance(sentence := getattr(own, "sentence", None), str):
        return _(sentence) % (getattr(own, "params", None) or {})
    return _(str(own)) if own is not None else error["msg"]


def sentences(error: ValidationError) -> dict[str, str]:
    """What is wrong, a sentence per field; the empty name is the whole."""
    return {str((*each["loc"], "")[0]): said(each) for each in error.errors()}
