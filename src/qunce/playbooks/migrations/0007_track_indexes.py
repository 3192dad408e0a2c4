"""Nobody looks for the tracks of a version alone: one index less to be written with every step.

Steps that have failed for good are looked for every minute, and are few.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playbooks", "0006_rota")]

    operations = [
        migrations.AlterField(
            model_name="track",
            name="version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="playbooks.version",
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["run", "step"], name="track_failed", condition=models.Q(state="failed")),
        ),
    ]
