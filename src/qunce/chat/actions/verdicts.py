"""What people decide about single deliveries: that one arrived, goes out again, or is given up."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat.actions.deliveries import move, plan_again, tell
from qunce.chat.models import Broadcast, Delivery
from qunce.chat.types import DeliveryState
from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, NotFound

_S = DeliveryState
AGAIN = gettext_noop("%(actor)s had the message to “%(group)s” sent again")


def retry_delivery(*, actor: Actor, delivery_id: UUID) -> None:
    """Send one message that has failed once more."""
    with transaction.atomic():
        delivery, group = _held(actor, delivery_id)
        if delivery.state != _S.FAILED:
            raise Conflict(_("This delivery has been settled in the meantime."))
        _may_go_again(delivery)
        plan_again(ids=[delivery_id])
        audit.record(
            actor,
            "delivery.again",
            AGAIN,
            community_id=group.community_id,
            about=("delivery", delivery_id),
            group=group.name,
        )
        tell(delivery.account_id, [delivery_id])


def _held(actor: Actor, delivery_id: UUID) -> tuple[Delivery, Group]:
    """A delivery to a group that the actor operates; its broadcast is held first, so that no stop is missed."""
    found = Delivery.objects.filter(pk=delivery_id).first()
    if found is None:
        raise NotFound
    group = community.group(actor, found.group_id, Permission.OPERATE)
    if found.broadcast_id is not None:
        locks.row(Broadcast, found.broadcast_id)
    return locks.row(Delivery, delivery_id), group


def _may_go_again(delivery: Delivery) -> None:
    """Raises Conflict where its broadcast was stopped or taken back, or its time is over."""
    broadcast = delivery.broadcast
    if broadcast is not None and broadcast.recalled_at is not None:
        raise Conflict(_("Its broadcast was taken back."), fix=_("Send a new one."))
    if broadcast is not None and broadcast.stopped_at is not None:
        raise Conflict(_("Its broadcast is stopped."), fix=_("Resume the broadcast first."))
    if delivery.not_after is not None and delivery.not_after <= clock.now():
        raise Conflict(_("The time until which it was to be sent is over."), fix=_("Send a new one."))


def settle_unknown(*, actor: Actor, delivery_id: UUID, verdict: str) -> None:
    """A person says what became of a delivery whose outcome is unknown.

    ``verdict``: ``arrived`` (it is in the group), ``again`` (it is not: send it) or ``failed`` (it is not: leave it).
    Nothing of a broadcast that was stopped or taken back is sent again.
    """
    target = {"arrived": _S.SENT, "again": _S.PLANNED, "failed": _S.FAILED}[verdict]
    sentences = {
        "arrived": gettext_noop("%(actor)s found that the message to “%(group)s” had arrived"),
        "again": AGAIN,
        "failed": gettext_noop("%(actor)s gave up the message to “%(group)s”"),
    }
    with transaction.atomic():
        delivery, group = _held(actor, delivery_id)
        if delivery.state != _S.UNKNOWN:
            raise Conflict(_("This delivery has been settled in the meantime."))
        if verdict == "again":
            _may_go_again(delivery)
        now = clock.now()
        move(
            [delivery_id],
            target,
            detail=actor.name,
            sent_at=now if verdict == "arrived" else None,
            not_before=now if verdict == "again" else None,
            afresh=verdict == "again",
        )
        audit.record(
            actor,
            f"delivery.{verdict}",
            sentences[verdict],
            community_id=group.community_id,
            about=("delivery", delivery_id),
            group=group.name,
        )
        tell(delivery.account_id, [delivery_id])
        live.touch(f"deliveries:{delivery.account_id}")
