"""Who acts, and what that person may do where. Pure: the team context makes actors, every guard reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from qunce.kernel.errors import NotAllowed


class Role(StrEnum):
    """A staff member's part in one community, or in all of them."""

    OWNER = "owner"
    LEAD = "lead"
    OPERATOR = "operator"
    SERVICE = "service"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a guard asks for."""

    VIEW = "view"
    REPLY = "reply"
    OPERATE = "operate"
    LEAD = "lead"
    ADMINISTER = "administer"


_RANK = (Permission.VIEW, Permission.REPLY, Permission.OPERATE, Permission.LEAD, Permission.ADMINISTER)
_UP_TO = {
    Role.VIEWER: Permission.VIEW,
    Role.SERVICE: Permission.REPLY,
    Role.OPERATOR: Permission.OPERATE,
    Role.LEAD: Permission.LEAD,
    Role.OWNER: Permission.ADMINISTER,
}
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    role: frozenset(_RANK[: _RANK.index(top) + 1]) for role, top in _UP_TO.items()
}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person of the team, or the system itself.

    ``grants`` maps a community's id to the role held there; the key ``None`` is a role in every
    community and in what belongs to none (accounts, groups not yet adopted, staff).
    """

    id: int | None
    name: str
    grants: Mapping[int | None, Role] = field(default_factory=dict)
    system: bool = False

    def may(self, permission: Permission, community_id: int | None = None) -> bool:
        """Whether this actor holds ``permission`` in the community; ``None``: in what belongs to no community."""
        if self.system:
            return True
        return any(permission in PERMISSIONS[self.grants[key]] for key in {None, community_id} if key in self.grants)

    def may_anywhere(self, permission: Permission) -> bool:
        """Whether this actor holds ``permission`` in at least one community."""
        return self.system or any(permission in PERMISSIONS[role] for role in self.grants.values())

    def communities(self, permission: Permission) -> frozenset[int] | None:
        """The communities in which this actor holds ``permission``; ``None`` means all."""
        if self.may(permission):
            return None
        return frozenset(
            key for key, role in self.grants.items() if key is not None and permission in PERMISSIONS[role]
        )

    def require(self, permission: Permission, community_id: int | None = None) -> None:
        """Raise NotAllowed unless the actor holds ``permission``."""
        if not self.may(permission, community_id):
            raise NotAllowed(permission=permission)


SYSTEM = Actor(id=None, name="Qunce", system=True)
