"""What an hour is worth in each group is kept, so that lists of all groups are ordered by the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Groups are assessed once more within the hour: their last assessment did not know it."""

    dependencies = [("insights", "0006_imported_portions")]

    operations = [
        migrations.AddField("condition", "worth", models.FloatField(default=0)),
        migrations.AddField("condition", "mend", models.CharField(max_length=40, blank=True)),
        migrations.RunSQL("UPDATE insights_condition SET day = day - 1", migrations.RunSQL.noop),
    ]
