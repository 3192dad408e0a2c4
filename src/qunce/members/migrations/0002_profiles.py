"""Merging that can be undone, what members are found by, and what the team knows of them."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from qunce.members import policies


def name_them_anew(apps, schema_editor):
    """What members known before are sorted and found by."""
    identities = apps.get_model("members", "Identity").objects
    last = 0
    while rows := list(
        identities.filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", "home_id", "name", "external_id", "home__name")[:5000]
    ):
        last = rows[-1][0]
        keys = [policies.keys_text(policies.search_keys([row[2], row[4]], [row[3]])) for row in rows]
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE members_member m SET sort_key = r.sort_key,"
                " keys = array_to_tsvector(string_to_array(r.keys, E'\\n'))"
                " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS r(id, sort_key, keys) WHERE m.id = r.id",
                [[row[1] for row in rows], [policies.sort_key(row[4]) for row in rows], keys],
            )


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(max_length=12)),
                ('text', models.TextField(blank=True)),
                ('by_id', models.BigIntegerField(null=True)),
                ('by_name', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
            ],
        ),
        migrations.RemoveField(
            model_name='member',
            name='note',
        ),
        migrations.AddField(
            model_name='identity',
            name='home',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member'),
        ),
        migrations.AddField(
            model_name='member',
            name='is_bot',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='member',
            name='is_core',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='member',
            name='is_team',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='member',
            name='keys',
            field=django.contrib.postgres.search.SearchVectorField(default=''),
        ),
        migrations.AddField(
            model_name='member',
            name='merged_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='member',
            name='merged_by_name',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='member',
            name='named_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='member',
            name='named_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='member',
            name='named_name',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='member',
            name='root',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member'),
        ),
        migrations.AddField(
            model_name='member',
            name='sort_key',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='member',
            name='step',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='member',
            name='step_by_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='member',
            name='step_by_name',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='member',
            name='step_due',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='member',
            name='tags',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='membership',
            name='heard',
            field=models.BooleanField(default=False),
        ),
        migrations.RunSQL(
            [
                "UPDATE members_member SET root_id = coalesce(merged_into_id, id)",
                "UPDATE members_identity SET home_id = member_id",
                "UPDATE members_member m SET is_bot = true FROM members_identity i WHERE i.home_id = m.id AND i.is_bot",
            ],
            migrations.RunSQL.noop,
        ),
        migrations.RunPython(name_them_anew, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='identity',
            name='home',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member'),
        ),
        migrations.AlterField(
            model_name='member',
            name='root',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('merged_into', None)), fields=['sort_key', 'id'], name='members_by_name'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('named_id__isnull', False)), fields=['named_id'], name='members_of_named'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('is_core', True)), fields=['id'], name='core_members'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(condition=models.Q(('step', ''), _negated=True), fields=['step_due'], name='members_next'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=django.contrib.postgres.indexes.GinIndex(fields=['keys'], name='members_keys'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='members_tags'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('heard', True)), fields=('group_id', 'identity'), name='one_heard_stay'),
        ),
        migrations.AddField(
            model_name='entry',
            name='member',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='members.member'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['member', '-at'], name='entries_of_member'),
        ),
    ]
