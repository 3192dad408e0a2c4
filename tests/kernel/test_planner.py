"""Tables that a transaction has filled are counted again, so that what it asks next is planned for what is there."""

import pytest
from django.db import connection

from qunce.kernel import planner

pytestmark = pytest.mark.django_db


def filled(count, first=0):
    with connection.cursor() as cursor:
        rows = "SELECT 's' || n, 1 FROM generate_series(%s, %s) AS n"
        cursor.execute(f"INSERT INTO kernel_revision (scope, number) {rows}", [first + 1, first + count])


def counted(times):
    """Of the kernel's tables: what tests before have put into others may not have been told to the statistics yet."""
    return [name for name in planner.count_again(times) if name.startswith("kernel_")]


def test_what_was_filled_is_counted_again_and_nothing_else():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = 0, relpages = 9 WHERE oid = 'kernel_revision'::regclass")
    filled(planner.MANY)
    assert counted(1.5) == ["kernel_revision"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'kernel_revision'::regclass")
        assert cursor.fetchone()[0] >= planner.MANY
    filled(100, first=planner.MANY)
    assert counted(1.5) == []
    assert counted(0.2) == ["kernel_revision"]
