"""The hot path's way to the database: psycopg's own cursor on Django's connection, in the same transaction.

Django writes parameters into the text of a statement, which PostgreSQL reads and plans anew every time. Here they go
in binary form beside it (``%b``), and a statement that comes again is prepared.

Statements that nobody waits for an answer of go `ahead`: the server works on them while this process goes on.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
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
    _wait()
    with _opened() as opened:
        yield opened


@contextmanager
def _opened() -> Iterator["psycopg.Cursor[tuple[Any, ...]]"]:
    kind = _Logged if connection.queries_logged else psycopg.Cursor
    with connection.wrap_database_errors, kind(connection.connection) as opened:
        yield opened


# ------------------------------------------------------------------ statements that are not waited for
_AHEAD = "qunce_ahead"


@contextmanager
def overlap() -> Iterator[None]:
    """Within, what goes `ahead` is not waited for until the next other statement, or the end."""
    connection.ensure_connection()
    under_way = connection.__dict__[_AHEAD] = ExitStack()
    try:
        yield
        _wait()
    finally:
        connection.__dict__.pop(_AHEAD, None)
        with suppress(psycopg.Error):  # where nothing else has failed they are raised above
            under_way.close()


@contextmanager
def ahead() -> Iterator["psycopg.Cursor[tuple[Any, ...]]"]:
    """A cursor for statements that in an `overlap` are sent and not waited for.

    Fetching from it, or the next statement of whatever other kind, waits for them, and raises what they raise.
    """
    connection.ensure_connection()
    under_way: ExitStack | None = connection.__dict__.get(_AHEAD)
    if under_way is not None and connection.connection._pipeline is None:  # noqa: SLF001 (psycopg tells no other way)
        under_way.enter_context(connection.connection.pipeline())
        under_way.enter_context(connection.execute_wrapper(_wait_first))
    with _opened() as opened:
        yield opened


def _wait() -> None:
    under_way: ExitStack | None = connection.__dict__.get(_AHEAD)
    if under_way is not None:
        with connection.wrap_database_errors:
            under_way.close()


def _wait_first(execute: Callable[..., Any], *told: Any) -> Any:
    _wait()
    return execute(*told)
