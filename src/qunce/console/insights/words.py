"""How numbers, stages and findings are said in pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

if TYPE_CHECKING:  # what computes is only loaded when an insight is opened
    from qunce.insights.metric import Metric
    from qunce.insights.types import Unit

MINUTE, HOUR, DAY = 60, 3600, 86400
STAGES: Mapping[str, tuple[str, str | Promise]] = {
    "forming": ("busy", gettext_lazy("forming")),
    "growing": ("good", gettext_lazy("growing")),
    "mature": ("good", gettext_lazy("mature")),
    "declining": ("bad", gettext_lazy("declining")),
    "dormant": ("off", gettext_lazy("dormant")),
    "revived": ("odd", gettext_lazy("revived")),
    "finished": ("off", gettext_lazy("finished on purpose")),
}
GOOD, FAIR = 75, 50
_SECONDS: Mapping[str, int] = {"seconds": 1, "minutes": MINUTE, "days": DAY}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as a page shows it: what it is called, how it is written, and by which rule it is counted."""

    key: str
    title: str
    shown: str
    definition: str
    source: str


def tone_of(score: float | None) -> str:
    """The colour of a score."""
    if score is None:
        return "off"
    return "good" if score >= GOOD else "wait" if score >= FAIR else "bad"


def stage_of(stage: object) -> tuple[str, str | Promise]:
    """The colour and the name of a stage; empty where none is known."""
    return STAGES.get(str(stage or ""), ("off", ""))


def duration(seconds: float, least: int = 1) -> str:
    """A length of time in the nearest of seconds, minutes, hours and days, no finer than ``least`` seconds."""
    if seconds >= DAY or least >= DAY:
        count = _rounded(seconds / DAY)
        said = ngettext("%(count)s day", "%(count)s days", _plural(count))
    elif seconds >= HOUR:
        count = _rounded(seconds / HOUR)
        said = ngettext("%(count)s hour", "%(count)s hours", _plural(count))
    elif seconds >= MINUTE or least >= MINUTE:
        count = _rounded(seconds / MINUTE)
        said = ngettext("%(count)s minute", "%(count)s minutes", _plural(count))
    else:
        count = _rounded(seconds)
        said = ngettext("%(count)s second", "%(count)s seconds", _plural(count))
    return said % {"count": number_format(count)}


def _plural(count: float) -> int:
    return 1 if count == 1 else 2


def measured(value: float | None, unit: "Unit | str") -> str:
    """A number with its unit, in the reader's language; a dash where there is none."""
    if value is None or not isfinite(value):
        return "–"
    if unit in _SECONDS:
        return duration(value * _SECONDS[unit], least=_SECONDS[unit])
    if unit == "share":
        return _("%(percent)s%%") % {"percent": number_format(_rounded(value * 100))}
    return number_format(round(value, 2), 2) if unit == "index" else str(intcomma(_rounded(value)))


def _rounded(value: float) -> float | int:
    return round(value) if abs(value) >= 10 or value == round(value) else round(value, 1)  # noqa: PLR2004


def figure(metric: "type[Metric]", value: float | None) -> Figure:
    """A metric's number with its rule."""
    definition, source = _(metric.definition), _(metric.source) if metric.source else ""
    return Figure(metric.key, _(metric.title), measured(value, metric.unit), definition, source)
