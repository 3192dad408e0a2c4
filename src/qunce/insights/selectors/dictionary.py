"""Reads of the words that communities have of their own."""

from qunce.community import selectors as community
from qunce.insights.models import Dictionary
from qunce.kernel.actor import Actor, Permission


def dictionary(actor: Actor, community_id: int, permission: Permission = Permission.VIEW) -> list[str]:
    """A community's own words, as they were entered. NotFound where the actor may not see it."""
    community.community(actor, community_id, permission)
    return list(terms(community_id))


def terms(community_id: int | None) -> tuple[str, ...]:
    """The same of any community, none for groups without one. No guard: for computing, not for pages."""
    if community_id is None:
        return ()
    found = Dictionary.objects.filter(pk=community_id).first()
    return tuple(found.words.splitlines()) if found else ()
