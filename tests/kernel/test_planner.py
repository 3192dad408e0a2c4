"""Tables that held nothing when the database last counted are counted again once they are full."""

import pytest
from django.db import connection

from qunce.kernel import planner

pytestmark = pytest.mark.django_db


def believed(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        return cursor.fetchone()[0]


def test_what_seemed_empty_is_counted_again_and_nothing_else():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = 0, relpages = 9 WHERE oid = 'kernel_revision'::regclass")
        cursor.execute("UPDATE pg_class SET reltuples = 5, relpages = 9 WHERE oid = 'members_member'::regclass")
        cursor.execute(
            "INSERT INTO kernel_revision (scope, number) SELECT 's' || n, 1 FROM generate_series(1, 500) n"
        )
    found = planner.count_again()
    assert "kernel_revision" in found
    assert "members_member" not in found
    assert believed("kernel_revision") >= 500
    assert "kernel_revision" not in planner.count_again()
