"""Words of the team context."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qunce.kernel.actor import Role

Roles = Mapping[int | None, Role]
"""Roles by community id; the key None is a role in all communities and for the installation itself."""


class Theme(StrEnum):
    """How pages look; empty in the database means as the device has it."""

    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"


class Standing(StrEnum):
    """Where somebody stands with us."""

    INVITED = "invited"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody new, or somebody who got roles. ``path`` is his one-time link; empty where he signs in already."""

    staff_id: int
    path: str
    mailed: bool = False
