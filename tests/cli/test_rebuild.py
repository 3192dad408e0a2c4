"""`qunce rebuild`: roll-ups made true again from the messages, by one command."""

import os
import subprocess
import sys

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from qunce.chat.models import GroupHour, MemberDay
from tests.support import world


@pytest.mark.django_db(transaction=True)
def test_rebuild_mends_what_is_wrong():
    world.lively(groups=2, found=0)
    before = [set(model.objects.values_list()) for model in (GroupHour, MemberDay)]
    GroupHour.objects.filter(messages__gt=0).update(messages=99)
    MemberDay.objects.all().delete()
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    done = subprocess.run(
        [sys.executable, "-m", "qunce", "rebuild"],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "2 groups counted" in done.stdout
    assert [set(model.objects.values_list()) for model in (GroupHour, MemberDay)] == before
