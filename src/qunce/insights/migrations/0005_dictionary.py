from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("insights", "0004_reports"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dictionary",
            fields=[
                ("community_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("words", models.TextField(blank=True)),
                ("changed_at", models.DateTimeField()),
            ],
        ),
    ]
