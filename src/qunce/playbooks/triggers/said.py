"""Somebody says a keyword."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydantic import Field, field_validator

from qunce.chat.stage import NewMessage
from qunce.kernel.folding import normalise
from qunce.kernel.validation import BadFieldError
from qunce.kernel.words import listed
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import TriggerConfig


class SaidConfig(TriggerConfig):
    """Which keywords; one of them is enough."""

    keywords: tuple[str, ...] = Field(min_length=1, max_length=20, title=gettext_noop("Keywords"))
    whole: bool = Field(default=False, title=gettext_noop("Nothing but the keyword is said"))

    @field_validator("keywords")
    @classmethod
    def _are_words(cls, keywords: tuple[str, ...]) -> tuple[str, ...]:
        folded = tuple(dict.fromkeys(filter(None, map(normalise, keywords))))
        if not folded:
            raise BadFieldError(gettext_noop("Name a keyword."))
        if any(len(each) > 40 for each in folded):  # noqa: PLR2004 (as of keyword replies)
            raise BadFieldError(gettext_noop("At most %(count)d characters."), count=40)
        return folded


class Said(Trigger):
    """Compared as keyword replies compare: no case, no width. Bots and ourselves begin nothing."""

    title = gettext_noop("When a keyword is said")
    icon = "message-2"
    Config = SaidConfig
    by_member = True

    def sentence(self, config: SaidConfig, language: str) -> str:
        """Which keywords."""
        del language
        return _("When somebody says %(words)s") % {"words": listed(f"“{each}”" for each in config.keywords)}

    def hears(self, config: SaidConfig, message: NewMessage) -> bool:
        """Whether a keyword is in it."""
        if message.from_us or message.from_bot:
            return False
        text = normalise(message.text)
        return text in config.keywords if config.whole else any(each in text for each in config.keywords)
