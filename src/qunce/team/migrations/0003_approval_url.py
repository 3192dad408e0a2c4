from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('team', '0002_tasks'),
    ]

    operations = [
        migrations.AddField(
            model_name='approval',
            name='url',
            field=models.TextField(blank=True, db_default=''),
        ),
    ]
