from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("insights", "0007_worth")]

    operations = [
        migrations.CreateModel(
            name="WarningModel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("measured_at", models.DateTimeField()),
                ("measured_by_name", models.CharField(blank=True, max_length=150)),
                ("weights", models.JSONField()),
                ("figures", models.JSONField()),
                ("better", models.BooleanField()),
                ("in_force", models.BooleanField(default=False)),
                ("adopted_at", models.DateTimeField(null=True)),
                ("adopted_by_name", models.CharField(blank=True, max_length=150)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("in_force", True)), fields=("in_force",), name="one_warning_in_force"
                    )
                ],
            },
        ),
    ]
