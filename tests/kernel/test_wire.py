"""Columns packed at once arrive as they are; what goes ahead belongs to its own thread."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from qunce.kernel import wire

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (bounds)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield
        connection.close()


def arrived(kind, column):
    with wire.cursor() as cursor:
        (found,) = cursor.execute(f"SELECT %b::{kind}[]", [column], binary=True).fetchone()
    return found


def test_every_kind_of_column(server):
    columns = {
        "bigint": (wire.bigints, st.integers(-(2**63), 2**63 - 1)),
        "integer": (wire.integers, st.integers(-(2**31), 2**31 - 1)),
        "smallint": (wire.smallints, st.integers(-(2**15), 2**15 - 1)),
        "text": (wire.texts, TEXTS),
        "varchar": (wire.words, st.none() | TEXTS),
        "timestamptz": (wire.moments, st.none() | MOMENTS),
        "uuid": (wire.uuids, st.uuids()),
    }

    @given(st.fixed_dictionaries({kind: st.lists(values) for kind, (_packed, values) in columns.items()}))
    def arrives(given_):
        for kind, values in given_.items():
            assert arrived(kind, columns[kind][0](values)) == values

    arrives()


def test_a_moment_of_another_zone_is_the_same_moment(server):
    here = datetime(2026, 11, 20, 9, tzinfo=timezone(timedelta(hours=8)))
    assert arrived("timestamptz", wire.moments([here])) == [here]


@pytest.mark.django_db
def test_what_one_thread_has_ahead_is_no_other_threads():
    seen = []

    def elsewhere():
        try:
            with wire.cursor() as cursor:
                seen.append(cursor.execute("SELECT 2").fetchone())
            with wire.overlap(), wire.ahead() as cursor:
                seen.append(cursor.execute("SELECT 3").fetchone())
        finally:
            connection.close()

    with wire.overlap():
        with wire.ahead() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE ahead AS SELECT %b::uuid AS id", [uuid4()])
        other = Thread(target=elsewhere)
        other.start()
        other.join()
        assert wire.kept()["qunce_ahead"] is not None
        with wire.ahead() as cursor:
            cursor.execute("SELECT count(*) FROM ahead")
            assert cursor.fetchall() == [(1,)]
    assert seen == [(2,), (3,)]
