"""Words of the insights context, by noun."""

from qunce.insights.types.facts import Facts, Mark, Stretch
from qunce.insights.types.health import Evidence, Finding, Number, Panel, Stage
from qunce.insights.types.histories import Chat, Entry, Reading, Skip, Skipped
from qunce.insights.types.texts import Keyword, Talk, Topic
from qunce.insights.types.units import Unit

__all__ = [
    "Chat",
    "Entry",
    "Evidence",
    "Facts",
    "Finding",
    "Keyword",
    "Mark",
    "Number",
    "Panel",
    "Reading",
    "Skip",
    "Skipped",
    "Stage",
    "Stretch",
    "Talk",
    "Topic",
    "Unit",
]
