import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

# What was stored before there was a search is made searchable like what comes: by the job, portion by portion.
BACKLOG = """
INSERT INTO chat_searchbacklog (at, group_ids, sent_ats, message_ids)
SELECT max(sent_at), array_agg(group_id), array_agg(sent_at), array_agg(id) FROM (
    SELECT group_id, sent_at, id, row_number() OVER (ORDER BY sent_at, id) / 500 AS portion FROM chat_message
) AS every GROUP BY portion ORDER BY portion DESC
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_broadcast_waves"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchBacklog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "group_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                (
                    "sent_ats",
                    django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=None),
                ),
                ("message_ids", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
            ],
        ),
        migrations.CreateModel(
            name="SearchText",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id", "sent_at", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("group_id", models.BigIntegerField()),
                ("sent_at", models.DateTimeField()),
                ("id", models.UUIDField()),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["words"], name="search_words")],
            },
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["sent_at", "id"], name="message_newest"),
        ),
        migrations.RunSQL(BACKLOG, migrations.RunSQL.noop),
    ]
