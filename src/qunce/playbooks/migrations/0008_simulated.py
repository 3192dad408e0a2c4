"""Rehearsals on groups that do not exist."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playbooks", "0007_track_indexes")]

    operations = [
        migrations.AddField(model_name="keptrehearsal", name="simulated", field=models.JSONField(null=True)),
    ]
