"""Numbers, dates, stages and scores as pages, reports and sentences have them, in the reader's language."""

from collections.abc import Mapping
from datetime import date
from math import isfinite

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from qunce.insights.types.reports import Tone

MINUTE, HOUR, DAY = 60, 3600, 86400
GOOD, FAIR = 75, 50
_SECONDS: Mapping[str, int] = {"seconds": 1, "minutes": MINUTE, "days": DAY}
_WHOLE = 10
"""From here on tenths tell nothing."""
STAGES: Mapping[str, str] = {
    "forming": gettext_noop("forming"),
    "growing": gettext_noop("growing"),
    "mature": gettext_noop("mature"),
    "declining": gettext_noop("declining"),
    "dormant": gettext_noop("dormant"),
    "revived": gettext_noop("revived"),
    "finished": gettext_noop("finished on purpose"),
}


def tone_of(score: float | None) -> Tone:
    """What a score says."""
    if score is None:
        return Tone.PLAIN
    return Tone.GOOD if score >= GOOD else Tone.WATCH if score >= FAIR else Tone.BAD


def number(value: float) -> str:
    """A count with its thousands apart, or a small number with one digit."""
    rounded = _rounded(value)
    return str(intcomma(rounded)) if isinstance(rounded, int) else number_format(rounded)


def _rounded(value: float) -> float | int:
    tenths = round(value, 1)
    return round(value) if abs(tenths) >= _WHOLE or tenths == round(tenths) else tenths


def percent(share: float) -> str:
    """A share of 0 to 1 in per cent."""
    return _("%(percent)s%%") % {"percent": number(share * 100)}


def duration(seconds: float, least: int = 1) -> str:
    """A length of time in the nearest of seconds, minutes, hours and days, no finer than ``least`` seconds."""
    if seconds >= DAY or least >= DAY:
        value = seconds / DAY
        said = ngettext("%(count)s day", "%(count)s days", _plural(value))
    elif seconds >= HOUR:
        value = seconds / HOUR
        said = ngettext("%(count)s hour", "%(count)s hours", _plural(value))
    elif seconds >= MINUTE or least >= MINUTE:
        value = seconds / MINUTE
        said = ngettext("%(count)s minute", "%(count)s minutes", _plural(value))
    else:
        value = seconds
        said = ngettext("%(count)s second", "%(count)s seconds", _plural(value))
    return said % {"count": number(value)}


def _plural(count: float) -> int:
    return 1 if _rounded(count) == 1 else 2


def measured(value: float | None, unit: str) -> str:
    """A number with its unit; a dash where there is none."""
    if value is None or not isfinite(value):
        return "–"
    if unit in _SECONDS:
        return duration(value * _SECONDS[unit], least=_SECONDS[unit])
    if unit == "share":
        return percent(value)
    return number_format(round(value, 2), 2) if unit == "index" else number(value)


def period(first: date, last: date) -> str:
    """A day, or from one day to another."""
    if first == last:
        return date_format(first, "DATE_FORMAT")
    return _("%(first)s to %(last)s") % {
        "first": date_format(first, "DATE_FORMAT"),
        "last": date_format(last, "DATE_FORMAT"),
    }
