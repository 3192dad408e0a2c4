"""What a restored installation must not do by itself."""

from django.db import transaction
from django.utils.translation import gettext_noop

from qunce.chat.actions.deliveries import move
from qunce.chat.models import Account, Delivery, Lease
from qunce.chat.types import DeliveryState
from qunce.kernel import clock, revisions

_MAYBE = gettext_noop("Restored from a backup: it may have been sent since that was made.")


@transaction.atomic
def after_restore(*, accounts_on: bool) -> int:
    """Make a restored database safe to run: what was due may have gone out already, and waits for a person.

    Accounts are switched off unless ``accounts_on``; leases are free. Returns how many deliveries wait for a person.
    """
    Lease.objects.update(holder="", until=None)
    if not accounts_on:
        Account.objects.update(enabled=False)
    revisions.bump("accounts")
    open_ones = [DeliveryState.PLANNED, DeliveryState.CLAIMED]
    due = Delivery.objects.filter(state__in=open_ones, not_before__lte=clock.now())
    return len(move(list(due.values_list("pk", flat=True)), DeliveryState.UNKNOWN, detail=_MAYBE))
