"""What a person of the team says in a group, in reply to a message."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from qunce.chat.actions.deliveries import plan, plan_again
from qunce.chat.connector import connectors
from qunce.chat.models import Delivery
from qunce.chat.selectors import seats
from qunce.chat.stage import Planned
from qunce.chat.types import Content, DeliveryState, Purpose
from qunce.community import selectors as community
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound

REPLY_WITHIN = timedelta(days=1)
"""An answer that could not be sent for so long says something about a conversation that is over."""


@transaction.atomic
def send_reply(*, actor: Actor, group_id: int, text: str, reply_to: str, key: UUID) -> Delivery:
    """Plan an answer to the message ``reply_to`` (its external id) by the account that serves the group.

    For service agents and up. ``key`` is the form's own id: what comes a second time under it returns the first.
    Where the platform knows no replies the answer stands by itself. Raises Invalid, or Conflict where no account
    can send there.
    """
    group = community.group(actor, group_id, Permission.REPLY)
    name = f"reply:{key}"
    if first := Delivery.objects.filter(key=name, group_id=group_id).first():
        return first
    kind = connectors.get(group.platform)
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise Invalid(_("Write what is to be sent."), field="text")
    if kind and len(text) > kind.capabilities.longest_text:
        raise Invalid(_("At most %(count)d characters.") % {"count": kind.capabilities.longest_text}, field="text")
    account_id = seats.sender_to(group_id)
    if group.community is None or group.archived_at or group.community.archived_at or not account_id or not kind:
        raise Conflict(
            _("No account of ours can send to this group at present."),
            fix=_("See on the group's page which accounts are in it."),
        )
    planned = Planned(
        key=name,
        group_id=group_id,
        content=Content.of(text),
        purpose=Purpose.SERVICE,
        reply_to=reply_to if kind.capabilities.reply else None,
        not_after=clock.now() + REPLY_WITHIN,
    )
    plan(account_id=account_id, planned=[planned])
    return Delivery.objects.get(key=name)


@transaction.atomic
def send_reply_again(*, actor: Actor, delivery_id: UUID) -> None:
    """Send an answer that failed once more. Raises Conflict where it is no longer a failed one."""
    delivery = Delivery.objects.filter(pk=delivery_id, purpose=Purpose.SERVICE).first()
    if delivery is None:
        raise NotFound
    community.group(actor, delivery.group_id, Permission.REPLY)
    if delivery.state != DeliveryState.FAILED or not plan_again(ids=[delivery_id]):
        raise Conflict(_("This message is on its way, or has arrived."))
    Delivery.objects.filter(pk=delivery_id).update(not_after=clock.now() + REPLY_WITHIN)
