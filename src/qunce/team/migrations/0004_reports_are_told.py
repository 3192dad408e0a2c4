"""Whoever was told of alerts was told of reports with them, and still is."""

from django.db import migrations


class Migration(migrations.Migration):
    """Reports are a topic of their own."""

    dependencies = [("team", "0003_approval_url")]
    operations = [
        migrations.RunSQL(
            "UPDATE team_staff SET topics = array_append(topics, 'reports')"
            " WHERE 'alerts' = ANY(topics) AND NOT 'reports' = ANY(topics)",
            "UPDATE team_staff SET topics = array_remove(topics, 'reports')",
        )
    ]
