import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

FILL = """
INSERT INTO insights_importedportion (of_id, group_id, first_id, last_id, since, until, claimed_at, claimed, told_as)
SELECT id, group_id, first_id, last_id, first_at, last_at, '{}', '{}', '{}' FROM insights_import
WHERE first_id IS NOT NULL AND first_at IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("insights", "0005_dictionary"),
    ]

    operations = [
        migrations.AddField(
            model_name="importedstay",
            name="known",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="import",
            name="error_fix",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="import",
            name="error_values",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="ImportedPortion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group_id", models.BigIntegerField()),
                ("first_id", models.UUIDField(null=True)),
                ("last_id", models.UUIDField(null=True)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "claimed_at",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(), default=list, size=None
                    ),
                ),
                (
                    "claimed",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                (
                    "told_as",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                (
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="portions",
                        to="insights.import",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["group_id", "since"], name="portions_of_group")],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="import", name="first_id"),
        migrations.RemoveField(model_name="import", name="last_id"),
    ]
