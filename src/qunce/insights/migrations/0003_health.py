from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("insights", "0001_imports"), ("insights", "0002_series")]

    operations = [
        migrations.CreateModel(
            name="Health",
            fields=[
                ("pk", models.CompositePrimaryKey("group_id", "day", blank=True, editable=False, primary_key=True, serialize=False)),
                ("group_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("score", models.FloatField(null=True)),
                ("stage", models.CharField(blank=True, max_length=12)),
                ("severities", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Condition",
            fields=[
                ("group_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("score", models.FloatField(null=True)),
                ("change", models.FloatField(null=True)),
                ("stage", models.CharField(blank=True, max_length=12)),
                ("trend", models.FloatField(null=True)),
                ("size", models.FloatField(null=True)),
                ("risk", models.FloatField(null=True)),
                ("severities", models.JSONField(default=dict)),
                ("findings", models.JSONField(default=list)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PlannedSilence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=12)),
                ("begins_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("planned_at", models.DateTimeField()),
                ("planned_by_name", models.CharField(blank=True, max_length=150)),
            ],
            options={
                "indexes": [models.Index(fields=["group_id", "begins_on"], name="silence_of_group")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("begins_on")),
                        name="silence_ends_after_it_begins",
                    )
                ],
            },
        ),
    ]
