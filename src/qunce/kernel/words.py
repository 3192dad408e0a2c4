"""How sentences and lists are put together, which no two scripts do alike."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy, pgettext

WEEKDAYS = (
    gettext_lazy("Mondays"),
    gettext_lazy("Tuesdays"),
    gettext_lazy("Wednesdays"),
    gettext_lazy("Thursdays"),
    gettext_lazy("Fridays"),
    gettext_lazy("Saturdays"),
    gettext_lazy("Sundays"),
)
"""What comes again every week; Monday is 0."""
DAYS = (
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
)
"""The same days, as short as they are ticked."""
_NO_SPACE_AFTER = "。！？；：，、）」』”"


def sentences(*parts: object) -> str:
    """Sentences one after the other; a space between them only where the script puts one. Empty ones are left out."""
    said = ""
    for part in filter(None, map(str, parts)):
        said += part if not said or said[-1] in _NO_SPACE_AFTER else f" {part}"
    return said


def listed(items: Iterable[object]) -> str:
    """Items of a list as the language separates them."""
    return pgettext("between the items of a list", ", ").join(map(str, items))
