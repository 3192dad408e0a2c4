"""What the Configs of steps are made of: texts, durations, and how both are quoted in a line."""

from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from django.utils.translation import gettext_noop
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from qunce.kernel.validation import BadFieldError
from qunce.playbooks.policies import moments
from qunce.playbooks.types import Words, said

LONGEST_TEXT = 4000
LONGEST_QUOTE = 40
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=366)


class StepConfig(BaseModel):
    """The Config of a step; a field that it does not have is a mistake."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


def _written(words: dict[str, str]) -> dict[str, str]:
    if not any(text.strip() for text in words.values()):
        raise BadFieldError(gettext_noop("Write the text."))
    return _short_enough(words)


def _short_enough(words: dict[str, str]) -> dict[str, str]:
    if any(len(text) > LONGEST_TEXT for text in words.values()):
        raise BadFieldError(gettext_noop("At most %(count)d characters."), count=LONGEST_TEXT)
    return words


Text: TypeAlias = Annotated[Words, AfterValidator(_written)]
"""A text that must be there."""
MaybeText: TypeAlias = Annotated[Words, AfterValidator(_short_enough)]


def _duration(value: Any) -> Any:
    if isinstance(value, str) and not value.startswith("P"):
        return moments.duration(value)
    if isinstance(value, int | float):
        raise BadFieldError(gettext_noop("A length of time has its unit: 30m, 2h, 3d."))
    return value


def _bounded(value: timedelta | None) -> timedelta | None:
    if value is not None and not SHORTEST <= value <= LONGEST:
        raise BadFieldError(gettext_noop("Between one minute and a year."))
    return value


Duration: TypeAlias = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_bounded)]
"""``90m``, ``2h``, ``1d 12h``."""
MaybeDuration: TypeAlias = Annotated[timedelta | None, BeforeValidator(_duration), AfterValidator(_bounded)]


def quoted(words: Words, language: str) -> str:
    """The beginning of a text, on one line."""
    text = " ".join(said(words, language).split())
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"
