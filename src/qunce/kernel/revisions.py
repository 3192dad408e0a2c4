"""Numbers that say when a cache is stale: bumped in the transaction of a change, read once per batch.

A process keeps groups, rules and the like in memory and compares the number it compiled them at; it can
thus never act on what a committed change has replaced.
"""

from django.db import connection

from qunce.kernel import wire


def bump(*scopes: str) -> None:
    """Count the scopes up; the rows stay locked until the transaction ends, in one order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO kernel_revision (scope, number) SELECT unnest(%s::text[]), 1"
            " ON CONFLICT (scope) DO UPDATE SET number = kernel_revision.number + 1",
            [sorted(set(scopes))],
        )


def current() -> dict[str, int]:
    """All scopes with their numbers (a handful of rows)."""
    with wire.ahead() as cursor:
        cursor.execute("SELECT scope, number FROM kernel_revision", binary=True)
        return dict(cursor.fetchall())
