"""Calendar feeds and rehearsals."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One secret address per person; rehearsals with what they have shown."""

    dependencies = [("playbooks", "0002_engine")]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("staff_id", models.BigIntegerField(unique=True)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="KeptRehearsal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("document", models.JSONField()),
                ("group_ids", models.JSONField()),
                ("selection", models.JSONField()),
                ("days", models.PositiveIntegerField()),
                ("begins_at", models.DateTimeField(null=True)),
                ("values", models.JSONField(default=dict)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("result", models.JSONField(null=True)),
                ("error", models.TextField(blank=True)),
                ("asked_by", models.BigIntegerField(null=True)),
                ("asked_by_name", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "playbook",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE, related_name="rehearsals", to="playbooks.playbook"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["playbook", "-id"], name="rehearsal_of_playbook")],
            },
        ),
    ]
