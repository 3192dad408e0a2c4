from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_by_hand")]

    operations = [
        migrations.CreateModel(
            name="GroupNotice",
            fields=[
                ("group_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("serial", models.PositiveIntegerField(default=0)),
                ("by_hand", models.BooleanField(default=False)),
                ("told_at", models.DateTimeField()),
            ],
        ),
    ]
