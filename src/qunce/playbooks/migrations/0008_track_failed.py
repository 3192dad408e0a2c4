"""Steps that have failed for good are looked for every minute, and are few."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playbooks", "0007_track_version")]

    operations = [
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["run", "step"], name="track_failed", condition=models.Q(state="failed")),
        ),
    ]
