import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('playbooks', '0008_simulated'),
    ]

    operations = [
        migrations.AddField(
            model_name='call',
            name='of_turn',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='TurnOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('by_member', models.BigIntegerField()),
                ('to_member', models.BigIntegerField(null=True)),
                ('made_at', models.DateTimeField()),
                ('turn', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='offer', to='playbooks.rotaturn')),
                ('other', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='playbooks.rotaturn')),
            ],
        ),
    ]
