
import django.contrib.postgres.fields
import django.db.models.deletion
import qunce.content.types.sessions
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0002_notice'),
        ('content', '0005_endpoint'),
    ]

    operations = [
        migrations.CreateModel(
            name='Practice',
            fields=[
                ('community', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='community.community')),
                ('begins', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('ends', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('silence', models.DurationField()),
                ('consent', models.DurationField()),
                ('scribe_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
            ],
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('community', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='community.community')),
                ('enabled', models.BooleanField(default=False)),
                ('slug', models.CharField(max_length=40, unique=True)),
                ('intro', models.TextField(blank=True)),
                ('language', models.CharField(max_length=12)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group_id', models.BigIntegerField()),
                ('key', models.CharField(max_length=160, unique=True)),
                ('topic', models.CharField(max_length=120)),
                ('speaker_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('began_at', models.DateTimeField()),
                ('spoke_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=8)),
                ('state', models.CharField(default=qunce.content.types.sessions.SessionState['RUNNING'], max_length=10)),
                ('begun_by', models.BigIntegerField(null=True)),
                ('begun_by_name', models.TextField(blank=True)),
                ('draft', models.JSONField(default=dict)),
                ('edition', models.PositiveIntegerField(default=0)),
                ('drafted_at', models.DateTimeField(null=True)),
                ('changed_at', models.DateTimeField()),
                ('editing', models.JSONField(default=dict)),
                ('scribe_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('plan', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), default=list, size=None)),
                ('outlets', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), default=list, size=None)),
                ('openness', models.CharField(blank=True, max_length=8)),
                ('asked_at', models.DateTimeField(null=True)),
                ('answers_until', models.DateTimeField(null=True)),
                ('outward', models.JSONField(null=True)),
                ('community', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='community.community')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='content.item')),
            ],
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identity_id', models.BigIntegerField()),
                ('name', models.TextField()),
                ('outlet', models.CharField(max_length=8)),
                ('fingerprint', models.CharField(max_length=64)),
                ('state', models.CharField(default=qunce.content.types.sessions.ConsentState['ASKED'], max_length=10)),
                ('way', models.CharField(blank=True, max_length=8)),
                ('asked_key', models.CharField(blank=True, max_length=160)),
                ('asked_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='content.session')),
            ],
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['community', '-began_at'], name='session_latest'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['group_id', '-began_at'], name='session_of_group'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(condition=models.Q(('answers_until__isnull', False)), fields=['answers_until'], name='session_asking'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.UniqueConstraint(condition=models.Q(('state', qunce.content.types.sessions.SessionState['RUNNING'])), fields=('group_id',), name='one_session_running'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['identity_id'], name='consent_of'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.UniqueConstraint(fields=('session', 'identity_id', 'outlet', 'fingerprint'), name='consent_once'),
        ),
    ]
