"""A wire that records, for a rehearsal: copied or made-up accounts whose deliveries go through the ledger to nobody.

All of it in a transaction that is rolled back.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from qunce.chat.actions.deliveries import claim, move
from qunce.chat.models import Account, Delivery, Lease, Seat
from qunce.chat.selectors.targets import seats_of
from qunce.chat.types import AccountState, DeliveryState, Purpose
from qunce.kernel import clock

EPOCH, AT_ONCE = 1, 2000


@dataclass(frozen=True, slots=True)
class Recorded:
    """What would have left now. ``planned_at``: when it was to leave; later means that it had to wait."""

    key: str
    account_id: int
    group_id: int
    text: str
    campaign: bool
    operation: str
    planned_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountCopy:
    """Whose copy it is."""

    name: str
    platform: str


def clone_accounts(*, groups: Mapping[int, int]) -> dict[int, AccountCopy]:
    """Give the copies of groups (original → copy) copies of the accounts that would send; returned by id."""
    seats = seats_of(list(groups))
    wanted = {account_id for account_id, obstacle in seats.values() if account_id is not None and not obstacle}
    copies: dict[int, int] = {}
    found: dict[int, AccountCopy] = {}
    for row in Account.objects.filter(pk__in=wanted).order_by("pk"):
        copy = _account(row.platform, row.name, row.state, row.carrier_id)
        copies[row.pk] = copy.pk
        found[copy.pk] = AccountCopy(row.name, row.platform)
    _seat(
        {
            groups[group_id]: copies[account_id]
            for group_id, (account_id, _obstacle) in seats.items()
            if account_id in copies
        }
    )
    return found


def simulate_account(*, platform: str, name: str, group_ids: Collection[int]) -> dict[int, AccountCopy]:
    """An account that does not exist, in all these groups; by its id."""
    made = _account(platform, name, AccountState.WORKING)
    _seat(dict.fromkeys(group_ids, made.pk))
    return {made.pk: AccountCopy(name, platform)}


def _account(platform: str, name: str, state: str, carrier_id: int | None = None) -> Account:
    now = clock.now()
    made = Account.objects.create(
        platform=platform, name=name, carrier_id=carrier_id, state=state, state_at=now, created_at=now
    )
    Lease.objects.create(account=made, holder="rehearsal", epoch=EPOCH, until=now + timedelta(days=4000))
    return made


def _seat(accounts: Mapping[int, int]) -> None:
    """The account that reads and sends, by group."""
    now = clock.now()
    Seat.objects.bulk_create(
        [Seat(account_id=account, group_id=group, reads=True, joined_at=now) for group, account in accounts.items()]
    )


def record_due(*, account_ids: Collection[int]) -> list[Recorded]:
    """Claim what is due by the rules of every claim, and say of all of it that it was sent at this moment."""
    now = clock.now()
    found: list[Recorded] = []
    for account_id in sorted(account_ids):
        while taken := claim(account_id=account_id, epoch=EPOCH, limit=AT_ONCE):
            ids = [each.id for each in taken]
            rows = Delivery.objects.in_bulk(ids)
            found += [
                Recorded(
                    rows[each.id].key,
                    account_id,
                    each.group_id,
                    each.content.plain,
                    rows[each.id].purpose == Purpose.CAMPAIGN,
                    type(each.operation).__name__ if each.operation else "",
                    rows[each.id].created_at,
                    now,
                )
                for each in taken
            ]
            move(ids, DeliveryState.SENT, sent_at=now)
            with connection.cursor() as cursor:
                cursor.execute("UPDATE chat_delivery SET external_id = id::text WHERE id = ANY(%s)", [ids])
            if len(taken) < AT_ONCE:
                break
    return found


def next_to_record(*, account_ids: Collection[int]) -> datetime | None:
    """When the next of their deliveries is due."""
    planned = Delivery.objects.filter(account_id__in=list(account_ids), state=DeliveryState.PLANNED)
    return planned.order_by("not_before").values_list("not_before", flat=True).first()


def not_recorded(*, account_ids: Collection[int]) -> list[tuple[str, int, str]]:
    """What did not leave: key, group and the reason (a message id)."""
    lost = Delivery.objects.filter(
        account_id__in=list(account_ids), state__in=[DeliveryState.SKIPPED, DeliveryState.FAILED]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.key, d.group_id, coalesce(nullif(d.reason, ''), (SELECT s.detail FROM chat_deliverystep s"
            " WHERE s.delivery_id = d.id ORDER BY s.id DESC LIMIT 1), '') FROM chat_delivery d WHERE d.id = ANY(%s)",
            [list(lost.values_list("pk", flat=True))],
        )
        return list(cursor.fetchall())
