"""Words of the insights context, by noun."""

from qunce.insights.types.facts import Facts, Mark, Stretch
from qunce.insights.types.health import Evidence, Finding, Number, Panel, Stage
from qunce.insights.types.histories import Chat, Entry, Reading, Skip, Skipped
from qunce.insights.types.imports import Alias, AliasReason, ImportState, Look, Options, Relay
from qunce.insights.types.units import Unit

__all__ = [
    "Alias",
    "AliasReason",
    "Chat",
    "Entry",
    "Evidence",
    "Facts",
    "Finding",
    "ImportState",
    "Look",
    "Mark",
    "Number",
    "Options",
    "Panel",
    "Reading",
    "Relay",
    "Skip",
    "Skipped",
    "Stage",
    "Stretch",
    "Unit",
]
