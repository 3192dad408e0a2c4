"""Reads of approvals, and who may decide which."""

from django.db.models import Q, QuerySet

from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.team.models import Approval, Staff
from qunce.team.selectors.staff import who_may
from qunce.team.types import ApprovalState


def visible_approvals(actor: Actor, *, waiting: bool = True) -> QuerySet[Approval]:
    """What the actor may decide or has asked for; those that wait, what ends first above; else decided ones, latest
    first.
    """
    found = Approval.objects.filter(_seen_by(actor))
    if waiting:
        open_ones = found.filter(state=ApprovalState.WAITING, expires_at__gt=clock.now())
        return open_ones.order_by("expires_at", "id")
    return found.exclude(state=ApprovalState.WAITING).order_by("-decided_at", "-id")


def one_approval(actor: Actor, approval_id: int) -> Approval:
    """One approval; NotFound where the actor does not see it."""
    found = Approval.objects.filter(_seen_by(actor), pk=approval_id).first()
    if found is None:
        raise NotFound
    return found


def to_decide(actor: Actor) -> int:
    """How many wait for this actor."""
    return sum(may_decide(actor, each) for each in visible_approvals(actor))


def _seen_by(actor: Actor) -> Q:
    seen = Q(asked_by=actor.id) if actor.id is not None else Q(pk=None)
    for permission in Permission:
        held = actor.communities(permission)
        place = Q() if held is None else Q(community_id__in=held)
        seen |= Q(permission=permission) & place
    return seen


def may_decide(actor: Actor, approval: Approval) -> bool:
    """Whether the actor holds the permission, and did not ask himself unless nobody else could decide."""
    if not actor.may(Permission(approval.permission), approval.community_id):
        return False
    return actor.system or approval.asked_by != actor.id or is_alone(approval)


def is_alone(approval: Approval) -> bool:
    """Whether whoever asked is the only one who could decide."""
    return not deciders(approval).exists()


def deciders(approval: Approval) -> QuerySet[Staff]:
    """The active people who may decide, without whoever asked."""
    people = who_may(Permission(approval.permission), [approval.community_id])
    return people.exclude(pk=approval.asked_by) if approval.asked_by is not None else people
