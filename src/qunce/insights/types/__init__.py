"""Words of the insights context, by noun."""

from qunce.insights.types.facts import Facts, Mark, Stretch
from qunce.insights.types.health import (
    Clue,
    Contribution,
    Diagnosis,
    Evidence,
    Finding,
    GroupHealth,
    HealthDay,
    Judgement,
    LifecyclePoint,
    MessageKey,
    NextHour,
    Number,
    Panel,
    Proposal,
    Silence,
    Span,
    Stage,
    Turn,
    Warned,
)
from qunce.insights.types.histories import Chat, Entry, Reading, Skip, Skipped
from qunce.insights.types.imports import Alias, AliasReason, ImportState, Look, Options, Relay
from qunce.insights.types.texts import Keyword, Topic
from qunce.insights.types.texts import Keyword, Talk, Topic
from qunce.insights.types.units import Unit

__all__ = [
    "Alias",
    "AliasReason",
    "Chat",
    "Clue",
    "Contribution",
    "Diagnosis",
    "Entry",
    "Evidence",
    "Facts",
    "Finding",
    "GroupHealth",
    "HealthDay",
    "ImportState",
    "Judgement",
    "LifecyclePoint",
    "Look",
    "Keyword",
    "Mark",
    "MessageKey",
    "NextHour",
    "Number",
    "Options",
    "Panel",
    "Proposal",
    "Reading",
    "Relay",
    "Silence",
    "Skip",
    "Skipped",
    "Span",
    "Stage",
    "Stretch",
    "Turn",
    "Talk",
    "Topic",
    "Unit",
    "Warned",
]
