"""What the team context does about events of its own."""

from qunce.kernel.actor import Role
from qunce.kernel.events import subscriber
from qunce.team import actions, selectors
from qunce.team.actions.approvals import ROLE
from qunce.team.events import ApprovalDecided


@subscriber(ApprovalDecided)
def role_is_given(event: ApprovalDecided) -> None:
    """Whoever approved a role gives it, with what he may do by then."""
    if event.kind != ROLE or not event.approved or event.decided_by is None:
        return
    place, role = event.payload["community_id"], Role(event.payload["role"])
    actor = selectors.actor_by_id(event.decided_by)
    actions.change_roles(actor=actor, staff_id=event.payload["staff_id"], roles={place: role})
