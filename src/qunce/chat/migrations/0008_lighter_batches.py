from django.db import migrations

# A backlog's row is read once and gone: compressing it costs more than the page it fits into.
BACKLOG = "ALTER TABLE chat_searchbacklog SET (toast_tuple_target = 8160)"


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0007_replies_have_no_broadcast"),
    ]

    operations = [
        migrations.RunSQL(BACKLOG, "ALTER TABLE chat_searchbacklog RESET (toast_tuple_target)"),
    ]
