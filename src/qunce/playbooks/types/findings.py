"""What the checker says about a playbook."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Param: TypeAlias = str | int | float | None


class Severity(StrEnum):
    """An error keeps it from being published; a warning is accepted by whoever publishes; a hint is good to know."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``sentence`` and ``fix`` are message ids with places for ``params``; ``step``: its id or empty."""

    code: str
    severity: Severity
    sentence: str
    fix: str = ""
    step: str = ""
    params: Mapping[str, Param] = field(default_factory=dict)
