"""Locks that cannot dead-lock: always in one order, never waited for longer than a person would."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, connection, models, transaction
from psycopg.errors import LockNotAvailable

from qunce.kernel.errors import Busy

M = TypeVar("M", bound=models.Model)
WAIT = "4s"


@contextmanager
def _patience() -> Iterator[None]:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("locks are held by a transaction; there is none")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{WAIT}'")
        try:
            yield
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise Busy from error
            raise
        cursor.execute("SET LOCAL lock_timeout = 0")


def rows(model: type[M], ids: Iterable[object]) -> list[M]:
    """Lock rows of one table until the transaction ends, in the order of their keys; missing ones are left out.

    Lock several tables in the order of the floors, lowest first. Raises Busy when a row is not free in time.
    """
    with _patience():
        return list(model._default_manager.select_for_update(of=("self",)).filter(pk__among=list(ids)).order_by("pk"))  # noqa: SLF001


def row(model: type[M], key: object) -> M:
    """Lock one row; raises the model's DoesNotExist where it is missing, Busy when it is not free in time."""
    found = rows(model, [key])
    if not found:
        raise model.DoesNotExist  # type: ignore[attr-defined]
    return found[0]


def name(*names: str) -> None:
    """Lock names (not rows) until the transaction ends, e.g. what does not exist yet."""
    with _patience(), connection.cursor() as cursor:
        for each in sorted(set(names)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [each])


def patiently(*names: str) -> None:
    """Like `name`, however long it takes, in one statement: for programs whose transactions are all short."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("locks are held by a transaction; there is none")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(name, 0) AS key"
            " FROM unnest(%s::text[]) AS n(name) ORDER BY key) AS sorted",
            [list(names)],
        )
