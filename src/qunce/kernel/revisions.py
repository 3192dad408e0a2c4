"""Numbers that say when a cache is stale: bumped in the transaction of a change, read once per batch.

A process keeps groups, rules and the like in memory and compares the number it compiled them at; it can
thus never act on what a committed change has replaced.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from qunce.kernel import wire

_LATER = "qunce_bumped"


def bump(*scopes: str) -> None:
    """Count the scopes up; the rows stay locked until the transaction ends, in one order."""
    later: set[str] | None = wire.kept().get(_LATER)
    if later is not None:
        later.update(scopes)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_revision (scope, number) SELECT unnest(%s::text[]), 1"
            " ON CONFLICT (scope) DO UPDATE SET number = kernel_revision.number + 1",
            [sorted(set(scopes))],
        )


@contextmanager
def at_the_end() -> Iterator[None]:
    """Within, what is bumped is counted up when the block is through: the last thing that its transaction does.

    Everybody shares these rows. Whoever holds them so waits for nothing else any more, and nobody waits in a circle.
    """
    if _LATER in wire.kept():
        yield
        return
    later: set[str] = wire.kept().setdefault(_LATER, set())
    try:
        yield
    finally:
        del wire.kept()[_LATER]
    if later:
        bump(*later)


def current() -> dict[str, int]:
    """All scopes with their numbers (a handful of rows)."""
    with wire.ahead() as cursor:
        cursor.execute("SELECT scope, number FROM kernel_revision", binary=True)
        return dict(cursor.fetchall())
