"""The hot path's way to the database: psycopg's own cursor on Django's connection, in the same transaction.

Django writes parameters into the text of a statement, which PostgreSQL reads and plans anew every time. Here they go
in binary form beside it (``%b``), and a statement that comes again is prepared.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


class _Logged(psycopg.Cursor[tuple[Any, ...]]):
    """Known to whoever counts Django's statements."""

    def execute(self, query: Any, *args: Any, **options: Any) -> "_Logged":
        """As psycopg's, with an entry in the log."""
        connection.queries_log.append({"sql": str(query), "time": "0"})
        return super().execute(query, *args, **options)


@contextmanager
def cursor() -> Iterator["psycopg.Cursor[tuple[Any, ...]]"]:
    """A cursor of the current transaction. Raises what Django's cursors raise."""
    connection.ensure_connection()
    kind = _Logged if connection.queries_logged else psycopg.Cursor
    with connection.wrap_database_errors, kind(connection.connection) as opened:
        yield opened
