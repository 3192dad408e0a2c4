"""Calendar feeds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One secret address per person."""

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
    ]
