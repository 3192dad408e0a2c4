"""What the doctor looks after in the chat context: accounts, leases, what was set aside, what is not observed."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qunce.chat.connector import connectors
from qunce.chat.models import Account, Delivery, Gap, Lease, Seat, SetAside
from qunce.chat.selectors import seats
from qunce.chat.types import AccountState, DeliveryState, Reads
from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.checkups import Finding, Weight

OVERDUE = timedelta(minutes=15)
RECENT = timedelta(days=7)


def findings() -> Iterator[Finding]:
    """All of the chat context."""
    served = _served()
    yield from _accounts(served)
    yield from _deliveries(served)
    yield from _set_aside()
    yield from _unobserved()


def _served() -> QuerySet[Account]:
    """Accounts that a gateway is to serve."""
    by_hand = [key for key, kind in connectors.items() if kind.capabilities.by_hand]
    return Account.objects.filter(enabled=True).exclude(external_id="").exclude(platform__in=by_hand)


def _accounts(served: QuerySet[Account]) -> Iterator[Finding]:
    leased = Lease.objects.filter(until__gt=clock.now()).values("account_id")
    for account in served.filter(state=AccountState.TROUBLE).order_by("name"):
        yield Finding(
            f"account:{account.pk}",
            Weight.BAD,
            _("The account “%(name)s” needs you: %(detail)s") % {"name": account.name, "detail": _(account.detail)}
            if account.detail
            else _("The account “%(name)s” needs you.") % {"name": account.name},
            _("Open it, mend what it says, and check it."),
            ("account", account.pk),
        )
    for account in served.exclude(pk__in=leased).order_by("name"):
        yield Finding(
            f"lease:{account.pk}",
            Weight.BAD,
            _("No gateway serves the account “%(name)s”.") % {"name": account.name},
            _("Start a gateway with `qunce gateway`; one serves up to fifty accounts."),
            ("account", account.pk),
        )


def _deliveries(served: QuerySet[Account]) -> Iterator[Finding]:
    overdue = Delivery.objects.filter(
        state=DeliveryState.PLANNED, not_before__lt=clock.now() - OVERDUE, account_id__in=served.values("pk")
    ).count()
    if overdue:
        said = ngettext(
            "%(count)d message should have been sent a quarter of an hour ago.",
            "%(count)d messages should have been sent a quarter of an hour ago.",
            overdue,
        )
        yield Finding(
            "deliveries",
            Weight.WARN,
            said % {"count": overdue},
            _("The platform's pace may not allow more: see the accounts, or send to fewer groups at once."),
            ("accounts", None),
        )


def _set_aside() -> Iterator[Finding]:
    if aside := SetAside.objects.filter(settled_at=None).count():
        said = ngettext(
            "%(count)d event could not be processed and was set aside.",
            "%(count)d events could not be processed and were set aside.",
            aside,
        )
        fix = _("Look at the errors; each can be settled there.")
        yield Finding("set_aside", Weight.WARN, said % {"count": aside}, fix, ("set_aside", None))


def _unobserved() -> Iterator[Finding]:
    """Groups in our care that nobody reads, that are encrypted, or of which a stretch of time is missing."""
    unread = seats.unread(community.find_groups(SYSTEM, GroupFilter())).count()
    if unread:
        said = ngettext(
            "%(count)d group is not observed: no account reads it.",
            "%(count)d groups are not observed: no account reads them.",
            unread,
        )
        fix = _("Invite an account into them, or switch theirs on.")
        yield Finding("unread", Weight.WARN, said % {"count": unread}, fix, ("unread_groups", None))
    blind = Seat.objects.filter(
        reads=True, left_at=None, reads_less__in=[Reads.ENCRYPTED, Reads.NONE, Reads.MENTIONS]
    )
    if hidden := blind.count():
        said = ngettext(
            "Of %(count)d group only a part can be read (encrypted, or mentions only).",
            "Of %(count)d groups only a part can be read (encrypted, or mentions only).",
            hidden,
        )
        fix = _("Their figures are shown as not observed. The account's page says how to let it read all.")
        yield Finding("blind", Weight.HINT, said % {"count": hidden}, fix, ("accounts", None))
    missing = Gap.objects.filter(filled_at=None, until__gt=clock.now() - RECENT).values("group_id").distinct().count()
    if missing:
        said = ngettext(
            "Of %(count)d group messages of the last week may be missing.",
            "Of %(count)d groups messages of the last week may be missing.",
            missing,
        )
        fix = _("The group's page says from when to when; let it be read back where its platform can.")
        yield Finding("gaps", Weight.HINT, said % {"count": missing}, fix, ("groups", None))
