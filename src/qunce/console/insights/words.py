"""How stages, scores and metrics stand in pages; numbers are said by `insights.selectors.writing`."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from qunce.insights.metric import Metric
from qunce.insights.selectors.writing import STAGES, measured

TONES: Mapping[str, str] = {
    "forming": "busy",
    "growing": "good",
    "mature": "good",
    "declining": "bad",
    "dormant": "off",
    "revived": "odd",
    "finished": "off",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as a page shows it: what it is called, how it is written, and by which rule it is counted."""

    key: str
    title: str
    shown: str
    definition: str
    source: str


def stage_of(stage: object) -> tuple[str, str]:
    """The colour and the name of a stage; empty where none is known."""
    key = str(stage or "")
    return TONES.get(key, "off"), _(STAGES[key]) if key in STAGES else ""


def stages() -> dict[str, tuple[str, str]]:
    """The colour and the name of every stage."""
    return {key: stage_of(key) for key in STAGES}


def figure(metric: type[Metric], value: float | None) -> Figure:
    """A metric's number with its rule."""
    definition, source = _(metric.definition), _(metric.source) if metric.source else ""
    return Figure(metric.key, _(metric.title), measured(value, metric.unit), definition, source)
