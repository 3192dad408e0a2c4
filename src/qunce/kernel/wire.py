"""The hot path's way to the database: psycopg's own cursor on Django's connection, in the same transaction.

Django writes parameters into the text of a statement, which PostgreSQL reads and plans anew every time. Here they go
in binary form beside it (``%b``), and a statement that comes again is prepared.

Statements that nobody waits for an answer of go `ahead`: the server works on them while this process goes on.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any, ClassVar, Self
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg.adapt import Dumper
from psycopg.pq import Format


class _Logged(psycopg.Cursor[tuple[Any, ...]]):
    """Known to whoever counts Django's statements."""

    def execute(self, query: Any, *args: Any, **options: Any) -> "_Logged":
        """As psycopg's, with an entry in the log."""
        connection.queries_log.append({"sql": str(query), "time": "0"})
        return super().execute(query, *args, **options)


def kept() -> dict[str, Any]:
    """What is kept beside this thread's connection; the attributes of Django's ``connection`` are of all threads."""
    return connections[DEFAULT_DB_ALIAS].__dict__


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
    under_way = kept()[_AHEAD] = ExitStack()
    try:
        yield
        _wait()
    finally:
        kept().pop(_AHEAD, None)
        with suppress(psycopg.Error):  # where nothing else has failed they are raised above
            under_way.close()


@contextmanager
def ahead() -> Iterator["psycopg.Cursor[tuple[Any, ...]]"]:
    """A cursor for statements that in an `overlap` are sent and not waited for.

    Fetching from it, or the next statement of whatever other kind, waits for them, and raises what they raise.
    """
    connection.ensure_connection()
    under_way: ExitStack | None = kept().get(_AHEAD)
    if under_way is not None and connection.connection._pipeline is None:  # noqa: SLF001 (psycopg tells no other way)
        under_way.enter_context(connection.connection.pipeline())
        under_way.enter_context(connection.execute_wrapper(_wait_first))
    with _opened() as opened:
        yield opened


def _wait() -> None:
    under_way: ExitStack | None = kept().get(_AHEAD)
    if under_way is not None:
        with connection.wrap_database_errors:
            under_way.close()


def _wait_first(execute: Callable[..., Any], *told: Any) -> Any:
    _wait()
    return execute(*told)


# ------------------------------------------------------------------ columns
class _Column(bytes):
    """A column as PostgreSQL's binary array; psycopg makes one of a list at several times the cost."""

    oid: ClassVar[int]
    element: ClassVar[int]

    def __new__(cls, size: int, elements: bytes) -> Self:
        return super().__new__(cls, struct.pack(">iiIii", 1, 0, cls.element, size, 1) + elements)


class _Bigints(_Column):
    oid, element = 1016, 20


class _Integers(_Column):
    oid, element = 1007, 23


class _Smallints(_Column):
    oid, element = 1005, 21


class _Uuids(_Column):
    oid, element = 2951, 2950


class _Texts(_Column):
    oid, element = 1009, 25


class _Moments(_Column):
    oid, element = 1185, 1184


def bigints(values: Sequence[int]) -> _Column:
    """A bigint[] of numbers."""
    return _Bigints(len(values), _eights(values))


def integers(values: Sequence[int]) -> _Column:
    """An integer[] of numbers."""
    packed = struct.pack(">" + "ii" * len(values), *chain.from_iterable(zip(repeat(4), values)))
    return _Integers(len(values), packed)


def smallints(values: Sequence[int]) -> _Column:
    """A smallint[] of numbers."""
    packed = struct.pack(">" + "ih" * len(values), *chain.from_iterable(zip(repeat(2), values)))
    return _Smallints(len(values), packed)


def uuids(values: Sequence[UUID]) -> _Column:
    """A uuid[] of ids."""
    return _Uuids(len(values), b"".join([b"\0\0\0\x10" + value.bytes for value in values]))


def moments(values: Sequence[datetime | None]) -> _Column:
    """A timestamptz[] of moments, or NULL."""
    since = [None if at is None else at - _BEGIN for at in values]
    counted = [
        None if each is None else (each.days * _DAY + each.seconds) * 1_000_000 + each.microseconds for each in since
    ]
    whole = [each for each in counted if each is not None]
    if len(whole) < len(counted):
        return _Moments(len(values), b"".join([_NULL if each is None else _EIGHT(8, each) for each in counted]))
    return _Moments(len(values), _eights(whole))


_BEGIN, _DAY = datetime(2000, 1, 1, tzinfo=UTC), 86_400
"""From when PostgreSQL counts microseconds."""


def _eights(values: Sequence[int]) -> bytes:
    """Numbers of eight bytes, each behind its length."""
    return struct.pack(">" + "iq" * len(values), *chain.from_iterable(zip(repeat(8), values)))


def texts(values: Iterable[str]) -> _Column:
    """A text[] of texts."""
    encoded = [value.encode() for value in values]
    return _Texts(len(encoded), b"".join([part for text in encoded for part in (_LENGTH(len(text)), text)]))


def words(values: Sequence[str | None]) -> _Column:
    """A text[] of texts of which many are the same, or NULL."""
    packed: dict[str | None, bytes] = {None: _NULL}
    for value in set(values) - {None}:
        encoded = str(value).encode()
        packed[value] = _LENGTH(len(encoded)) + encoded
    return _Texts(len(values), b"".join([packed[value] for value in values]))


_LENGTH = struct.Struct(">i").pack
_EIGHT = struct.Struct(">iq").pack
_NULL = _LENGTH(-1)


class _Whole(Dumper):
    format = Format.BINARY

    def dump(self, obj: _Column) -> bytes:
        return obj


for _kind in (_Bigints, _Integers, _Smallints, _Uuids, _Texts, _Moments):
    psycopg.adapters.register_dumper(_kind, type(f"{_kind.__name__}Dumper", (_Whole,), {"oid": _kind.oid}))
