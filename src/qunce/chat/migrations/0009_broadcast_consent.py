from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0008_lighter_batches'),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name=name,
                name='consent',
                field=models.CharField(blank=True, db_default='', max_length=8),
            )
            for name in ('broadcast', 'schedule')
        ),
        *(
            migrations.AddField(
                model_name=name,
                name='consent_asked',
                field=models.BigIntegerField(null=True),
            )
            for name in ('broadcast', 'schedule')
        ),
        migrations.AddField(
            model_name='communityrestraint',
            name='consent_above',
            field=models.PositiveIntegerField(null=True),
        ),
    ]
