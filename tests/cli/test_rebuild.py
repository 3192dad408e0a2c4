"""`qunce rebuild`: roll-ups made true again from the messages, by one command."""

import os
import subprocess
import sys

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from qunce.chat.models import GroupHour, MemberDay
from qunce.community.models import Group
from qunce.insights.actions import series
from qunce.insights.models import Series
from tests.support import world


@pytest.mark.django_db(transaction=True)
def test_rebuild_mends_what_is_wrong():
    world.lively(groups=2, found=0)
    series.fill()
    before = [set(model.objects.values_list()) for model in (GroupHour, MemberDay)]
    filled = numbers()
    assert filled
    Series.objects.all().update(days=bytes(4 * 366))
    GroupHour.objects.filter(messages__gt=0).update(messages=99)
    MemberDay.objects.all().delete()
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    done = rebuild(url)
    assert done.returncode == 0, done.stderr
    assert "2 groups counted" in done.stdout
    assert [set(model.objects.values_list()) for model in (GroupHour, MemberDay)] == before
    assert numbers() == filled
    name = Group.objects.earliest("pk").name
    assert "1 group counted" in rebuild(url, "--group", name).stdout
    wrong = rebuild(url, "--group", "没有这个群")
    assert wrong.returncode == 1
    assert "There is no group 没有这个群." in wrong.stderr


def rebuild(url, *options):
    return subprocess.run(
        [sys.executable, "-m", "qunce", "rebuild", *options],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def numbers():
    """All series as they are stored."""
    return {
        (group_id, metric, year): bytes(days)
        for group_id, metric, year, days in Series.objects.values_list("group_id", "metric", "year", "days")
    }
