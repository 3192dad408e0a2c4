"""Where rules count, and who may look there."""

from django.db.models import Q, QuerySet

from qunce.community import selectors as communities
from qunce.desk.models import KeywordRule
from qunce.desk.types import Scope
from qunce.kernel.actor import Actor, Permission


def visible(actor: Actor, rules: QuerySet[KeywordRule]) -> QuerySet[KeywordRule]:
    """Those of the rules that count in groups which the actor may see."""
    allowed = actor.communities(Permission.VIEW)
    if allowed is None:
        return rules
    reaching = Q(community_id__in=allowed) | Q(group_id__in=communities.visible_groups(actor).values("pk"))
    return rules.filter(reaching | Q(community_id=None, group_id=None)) if allowed else rules.none()


def place_of(actor: Actor, scope: Scope, permission: Permission = Permission.VIEW) -> tuple[str, int | None]:
    """The name of where a rule counts (empty: in no community) and the community it belongs to.

    NotFound where the actor may not see that, NotAllowed where he may not do there what ``permission`` says.
    """
    if scope.group_id is not None:
        group = communities.group(actor, scope.group_id, permission)
        return group.name, group.community_id
    if scope.community_id is not None:
        return communities.community(actor, scope.community_id, permission).name, scope.community_id
    actor.require(permission)
    return "", None
