from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [
        migrations.AddField(model_name="delivery", name="operation", field=models.JSONField(null=True)),
    ]
