"""What a gateway reads of the accounts that it serves. No guards: not for pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from qunce.chat.connector import carried_by_hand
from qunce.chat.models import Account, Delivery, Lease, Seat
from qunce.chat.policies import DAY
from qunce.chat.types import OURS, Content, Media
from qunce.community import selectors as community
from qunce.kernel import clock, files


@dataclass(frozen=True, slots=True)
class Unread:
    """A group that is to be read back: from ``before`` on, ``read`` messages so far."""

    seat_id: int
    group: str
    before: str | None
    read: int


def enabled_accounts() -> int:
    """How many accounts are to be served by all gateways together; those carried by hand are not among them."""
    return Account.objects.filter(enabled=True).exclude(platform__in=carried_by_hand()).count()


def account_to_serve(account_id: int) -> Account:
    """The account's row."""
    return Account.objects.get(pk=account_id)


def settings_of(account_ids: list[int]) -> dict[int, tuple[str, str]]:
    """What makes a running account be started anew when it changes."""
    rows = Account.objects.filter(pk__in=account_ids).values_list("id", "config", "secrets", "external_id")
    return {key: (repr(config), f"{secrets}{external_id}") for key, config, secrets, external_id in rows}


def cursor_of(account_id: int) -> str | None:
    """How far the account has been read."""
    return Lease.objects.filter(account_id=account_id).values_list("cursor", flat=True).first()


def recent_sends(account_id: int, window: timedelta) -> list[tuple[datetime, int]]:
    """When the account sent to which group lately, oldest first."""
    sends = Delivery.objects.filter(account_id=account_id, sent_at__gte=clock.now() - window).order_by("sent_at")
    return [(at, group_id) for at, group_id in sends.values_list("sent_at", "group_id") if at]


def nth_last_sent(account_id: int, kind: str, count: int) -> datetime | None:
    """When the account sent the ``count``-th last message, or did the operation of this ``kind``, of the last day."""
    recent = Delivery.objects.filter(account_id=account_id, sent_at__gte=clock.now() - DAY)
    same = recent.filter(operation__isnull=True) if kind == "message" else recent.filter(operation__is=kind)
    return same.order_by("-sent_at").values_list("sent_at", flat=True)[count - 1 : count].first()


def to_read_back(account_id: int) -> list[Unread]:
    """Groups whose past is wanted, those begun first."""
    seats = list(
        Seat.objects.filter(account_id=account_id, reads=True, left_at=None, backfill__in=["wanted", "running"])
        .order_by("backfill", "id")
        .values_list("id", "group_id", "backfill_before", "backfilled")[:100]
    )
    rooms = {facts.id: facts.external_id for facts in community.group_facts([seat[1] for seat in seats])}
    return [Unread(key, rooms[group], before, read) for key, group, before, read in seats if group in rooms]


def files_in(content: Content) -> dict[str, bytes]:
    """The bytes of our own files in a message, by their reference. Raises NotFound where one is gone."""
    ours = [part.ref for part in content.parts if isinstance(part, Media) and part.ref.startswith(OURS)]
    found: dict[str, bytes] = {}
    for ref in ours:
        with files.open_file(ref.removeprefix(OURS)) as opened:
            found[ref] = opened.read()
    return found
