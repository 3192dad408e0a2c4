from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('playbooks', '0001_playbooks'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='by_trigger',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name='track',
            name='turn',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.RemoveIndex(
            model_name='track',
            name='track_waiting',
        ),
        migrations.AddIndex(
            model_name='track',
            index=models.Index(condition=models.Q(('waits_for', ''), _negated=True), fields=['waits_for'], name='track_waiting'),
        ),
    ]
