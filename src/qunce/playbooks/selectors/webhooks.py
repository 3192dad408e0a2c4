"""The secret with which calls of other programs are signed: of the installation's key and the community."""

from qunce.community import selectors as community
from qunce.kernel import crypto
from qunce.kernel.actor import Actor, Permission


def secret_of(community_id: int) -> str:
    """What calls in the name of a community are signed with. No guard: for the call itself."""
    return "whsec_" + crypto.derived(f"webhook:{community_id}")


def webhook_secret(actor: Actor, community_id: int) -> str:
    """The same for whoever sets up the receiver: a lead of the community."""
    community.community(actor, community_id, Permission.LEAD)
    return secret_of(community_id)
