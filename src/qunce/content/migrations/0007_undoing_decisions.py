from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0006_sessions'),
    ]

    operations = [
        migrations.AddField(
            model_name='suggestion',
            name='before',
            field=models.JSONField(null=True),
        ),
    ]
