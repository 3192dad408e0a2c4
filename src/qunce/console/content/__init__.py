"""Pages of the content context: the library, and what stands beside it as tabs."""

from qunce.console.live import topic
from qunce.content import actions
from qunce.kernel.actor import Actor, Permission


@topic(actions.TOPIC)
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that some of it has changed."""
    return not key and actor.may_anywhere(Permission.VIEW)
