import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0006_notices'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='delivery',
            name='delivery_of_broadcast',
        ),
        migrations.AlterField(
            model_name='delivery',
            name='broadcast',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='chat.broadcast'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('broadcast__isnull', False)), fields=['broadcast', 'state'], name='delivery_of_broadcast'),
        ),
    ]
