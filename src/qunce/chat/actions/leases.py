"""Who serves an account: one gateway at a time, by a lease with an epoch that counts the holders."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection, transaction

from qunce.chat.connector import carried_by_hand
from qunce.chat.models import Lease
from qunce.kernel import clock

LASTS = timedelta(seconds=10)


class LeaseLostError(Exception):
    """Another gateway serves the account now; whatever was being done is rolled back."""


def acquire_leases(*, holder: str, room_for: int) -> list[tuple[int, int]]:
    """Take up to ``room_for`` enabled accounts that nobody serves; returns (account id, epoch) of each.

    Accounts whose messages a person carries over are left to that person.
    Taking over waits for a claim or batch of the former holder that is just being committed, and none of
    theirs commits afterwards: both hold the lease's row.
    """
    if room_for <= 0:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chat_lease l SET holder = %s, epoch = l.epoch + 1, until = %s"
            " WHERE l.account_id IN (SELECT f.account_id FROM chat_lease f"
            " JOIN chat_account a ON a.id = f.account_id WHERE a.enabled AND a.platform <> ALL(%s)"
            " AND (f.until IS NULL OR f.until < %s)"
            " ORDER BY f.account_id LIMIT %s FOR UPDATE OF f SKIP LOCKED)"
            " RETURNING l.account_id, l.epoch",
            [holder, clock.now() + LASTS, carried_by_hand(), clock.now(), room_for],
        )
        return list(cursor.fetchall())


def renew_leases(*, holder: str) -> dict[int, int]:
    """Prolong everything that ``holder`` serves; returns epochs by account: what is missing there is lost.

    Accounts that were switched off are not prolonged.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chat_lease l SET until = %s FROM chat_account a"
            " WHERE a.id = l.account_id AND a.enabled AND l.holder = %s AND l.until >= %s"
            " RETURNING l.account_id, l.epoch",
            [clock.now() + LASTS, holder, clock.now()],
        )
        return dict(cursor.fetchall())


def release_leases(*, holder: str, account_ids: Sequence[int]) -> None:
    """Give accounts back so that another gateway can take them at once."""
    Lease.objects.filter(holder=holder, account_id__in=account_ids).update(until=None, holder="")


def hold(account_id: int, epoch: int) -> None:
    """Inside a transaction: make sure the lease is still ours and stays so until the commit.

    Raises LeaseLostError otherwise.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM chat_lease WHERE account_id = %s AND epoch = %s FOR SHARE", [account_id, epoch])
        if cursor.fetchone() is None:
            raise LeaseLostError


def advance(account_id: int, epoch: int, cursor_text: str) -> None:
    """Inside a batch's transaction: move the cursor on. Raises LeaseLostError where the lease is no longer ours."""
    moved = Lease.objects.filter(account_id=account_id, epoch=epoch).update(cursor=cursor_text)
    if not moved:
        raise LeaseLostError
