"""The schema rules that keep the road to a distributed database open, held against models and the real database."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.models import CompositePrimaryKey, UniqueConstraint, UUIDField

pytestmark = pytest.mark.django_db

LARGE = {
    "chat_message": ["group_id", "sent_at", "id"],
    "chat_searchtext": ["group_id", "sent_at", "id"],
    "chat_grouphour": ["group_id", "hour"],
    "chat_memberday": ["group_id", "day", "identity_id"],
    "insights_health": ["group_id", "day"],
    "insights_series": ["group_id", "metric", "year"],
    "insights_understood": ["group_id", "week"],
}
"""The large tables with their primary keys."""
SIGN_IN_AND_JOBS = ("team_staff", "auth_", "django_", "account_", "mfa_", "procrastinate_")


def large():
    return [model for model in apps.get_models() if model._meta.db_table in LARGE]


def rows(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def tables():
    """The large tables and all their partitions."""
    with_parts = [*LARGE]
    for (name,) in rows("SELECT relid::regclass::text FROM pg_partition_tree('chat_message')"):
        with_parts.append(name)
    return with_parts


def test_a_table_with_a_composite_key_is_a_large_one_and_known_here():
    composite = {m._meta.db_table for m in apps.get_models() if isinstance(m._meta.pk, CompositePrimaryKey)}
    assert composite == set(LARGE)


def test_models_have_the_group_first_in_every_key():
    for model in large():
        assert list(model._meta.pk.field_names) == LARGE[model._meta.db_table]
        for constraint in model._meta.constraints:
            if isinstance(constraint, UniqueConstraint):
                assert constraint.fields[0] == "group_id", constraint.name
        assert not model._meta.unique_together
        assert not [field.name for field in model._meta.local_fields if field.unique and field is not model._meta.pk]


def test_the_database_has_the_group_first_in_every_unique_index():
    keys = rows(
        "SELECT indrelid::regclass::text, indisprimary, attname FROM pg_index"
        " JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]"
        " WHERE indisunique AND indrelid::regclass::text = ANY(%s)",
        tables(),
    )
    assert {table for table, primary, _first in keys if primary} == set(tables())
    assert {first for _table, _primary, first in keys} == {"group_id"}


def test_messages_are_partitioned_by_month_and_deduplicated_per_group():
    assert rows("SELECT partstrat::text FROM pg_partitioned_table WHERE partrelid = 'chat_message'::regclass") == [
        ("r",)
    ]
    unique = rows(
        "SELECT array_agg(attname::text ORDER BY place) FROM pg_index, unnest(indkey) WITH ORDINALITY AS k(number, place)"
        " JOIN pg_attribute ON attnum = number WHERE attrelid = indrelid AND indisunique AND NOT indisprimary"
        " AND indrelid = 'chat_message'::regclass GROUP BY indexrelid"
    )
    assert unique == [(["group_id", "external_id", "sent_at"],)]


def test_ids_of_large_tables_are_made_by_the_application():
    generated = rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY(%s)"
        " AND (is_identity = 'YES' OR column_default LIKE 'nextval%%' OR is_generated = 'ALWAYS')",
        tables(),
    )
    assert generated == []
    assert isinstance(apps.get_model("chat.Message")._meta.get_field("id"), UUIDField)


def test_no_foreign_key_leads_into_or_out_of_a_large_table():
    for model in large():
        assert not [field.name for field in model._meta.get_fields() if field.is_relation]
    held = rows(
        "SELECT conname FROM pg_constraint WHERE contype = 'f'"
        " AND (conrelid::regclass::text = ANY(%s) OR confrelid::regclass::text = ANY(%s))",
        tables(),
        tables(),
    )
    assert held == []


def test_no_trigger_sits_on_a_large_table():
    assert rows("SELECT tgname FROM pg_trigger WHERE tgrelid::regclass::text = ANY(%s)", tables()) == []


def test_no_foreign_key_between_what_may_be_distributed_and_sign_in_or_jobs():
    held = rows(
        "SELECT conname, conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    )
    assert held
    for name, referring, referred in held:
        ours = [
            table for table in (referring, referred) if table.startswith(("community_", "members_", "chat_", "desk_"))
        ]
        theirs = [table for table in (referring, referred) if table.startswith(SIGN_IN_AND_JOBS)]
        assert not (ours and theirs), name


def test_migrations_say_what_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
