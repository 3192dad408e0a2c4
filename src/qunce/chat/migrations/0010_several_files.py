from django.db import migrations


def _changed(table, condition, value):
    return f"UPDATE {table} SET manner = {value} WHERE {condition}"


class Migration(migrations.Migration):
    """A broadcast carries several files: what had one has a list of one."""

    dependencies = [
        ('chat', '0009_broadcast_consent'),
    ]

    operations = [
        migrations.RunSQL(
            [
                _changed(
                    table,
                    "manner ? 'attachment'",
                    "(manner - 'attachment') || jsonb_build_object('attachments', CASE jsonb_typeof(manner->'attachment')"
                    " WHEN 'object' THEN jsonb_build_array(manner->'attachment') ELSE '[]'::jsonb END)",
                )
                for table in ('chat_broadcast', 'chat_schedule')
            ],
            [
                _changed(
                    table,
                    "manner ? 'attachments'",
                    "(manner - 'attachments') || jsonb_build_object('attachment', manner->'attachments'->0)",
                )
                for table in ('chat_broadcast', 'chat_schedule')
            ],
        ),
    ]
