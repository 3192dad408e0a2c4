
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0002_operations'),
    ]

    operations = [
        migrations.CreateModel(
            name='CommunityRestraint',
            fields=[
                ('community_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('quiet_from', models.TimeField(null=True)),
                ('quiet_until', models.TimeField(null=True)),
                ('daily_cap', models.PositiveSmallIntegerField(null=True)),
                ('complaints', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
            ],
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('token', models.CharField(max_length=24, primary_key=True, serialize=False)),
                ('delivery_id', models.UUIDField()),
                ('url', models.TextField()),
                ('clicks', models.PositiveIntegerField(default=0)),
                ('clicked_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('community_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('title', models.CharField(max_length=120)),
                ('text', models.TextField()),
                ('selection', models.JSONField()),
                ('manner', models.JSONField()),
                ('rhythm', models.JSONField()),
                ('lasts', models.DurationField(null=True)),
                ('created_by', models.BigIntegerField(null=True)),
                ('created_by_name', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('next_at', models.DateTimeField(null=True)),
                ('cancelled_at', models.DateTimeField(null=True)),
                ('missed_at', models.DateTimeField(null=True)),
                ('missed_why', models.TextField(blank=True)),
                ('submission', models.UUIDField(unique=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='delivery',
            name='delivery_state',
        ),
        migrations.AddField(
            model_name='broadcast',
            name='manner',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='broadcast',
            name='next_wave_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='broadcast',
            name='stopped_for',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='broadcast',
            name='tolerated',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='broadcast',
            name='wave',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='delivery',
            name='wave',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('purpose', 3)), fields=['group_id', 'first_claimed_at'], name='delivery_campaigns'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['held', 'planned', 'claimed', 'sent', 'failed', 'unknown', 'recalled', 'skipped'])), name='delivery_state'),
        ),
        migrations.AddField(
            model_name='link',
            name='broadcast',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='chat.broadcast'),
        ),
        migrations.AddIndex(
            model_name='schedule',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='schedule_due'),
        ),
        migrations.AddField(
            model_name='broadcast',
            name='schedule',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='broadcasts', to='chat.schedule'),
        ),
        migrations.AddIndex(
            model_name='broadcast',
            index=models.Index(condition=models.Q(('next_wave_at__isnull', False)), fields=['next_wave_at'], name='broadcast_waves'),
        ),
        migrations.AddIndex(
            model_name='link',
            index=models.Index(fields=['broadcast', 'delivery_id'], name='link_of_delivery'),
        ),
    ]
