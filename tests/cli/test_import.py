"""`qunce import`: a history from a file into a group, by one command; what cannot be is said in one line."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from qunce.chat.models import GroupHour, Message
from qunce.community.models import Group
from qunce.insights.models import Import
from tests.support import world

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "[2016-01-{day:02} 09:{minute:02}:00] <{who}> line {number}\n"


def history(folder, lines=40, name="docker.txt"):
    path = folder / name
    rows = [
        SAID.format(day=1 + n // 30 % 28, minute=n % 60, who=("amy", "bob", "amy_")[n % 3], number=n)
        for n in range(lines)
    ]
    path.write_text("".join(rows), encoding="utf-8")
    return path


def command(*words):
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    return {
        "args": [sys.executable, "-m", "qunce", "import", *map(str, words)],
        "env": {**os.environ, "DATABASE_URL": url, "LANG": "C", "PYTHONIOENCODING": "utf-8"},
        "text": True,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }


def run(*words):
    return subprocess.run(**command(*words), check=False)


def test_a_history_goes_into_a_group_and_again_adds_nothing(tmp_path):
    path = history(tmp_path)
    done = run(path, "--group", "Docker 群", "--community", "老社群", "--merge-aliases", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["stored"], told["repeated"], told["state"], told["merged"]) == (40, 0, "done", 1)
    group = Group.objects.get(name="Docker 群")
    assert (group.pk, group.community.name, group.platform) == (told["group_id"], "老社群", "history")
    assert sum(GroupHour.objects.values_list("messages", flat=True)) == 40
    again = run(path, "--group", "Docker 群", "--community", "老社群")
    assert again.returncode == 0, again.stderr
    assert "0 messages stored, 40 were there already" in again.stdout


def test_what_cannot_be_is_said_in_one_line(tmp_path):
    strange = tmp_path / "strange.bin"
    strange.write_bytes(b"\x00\x01\x02\x03" * 100)
    missing = run(tmp_path / "nothing.txt", "--group", "x")
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    assert "There is no file" in missing.stderr
    unknown = run(strange, "--group", "x")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
    assert "Traceback" not in unknown.stderr
    assert not Group.objects.exists()
    for number in range(2):
        world.a_community(f"社群{number}")
    which = run(history(tmp_path), "--group", "x")
    assert which.returncode == 1
    assert "--community" in which.stderr


def test_killed_in_the_middle_the_same_command_goes_on(tmp_path):
    path = history(tmp_path, lines=12_000)
    words = (path, "--group", "群", "--community", "社群")
    started = subprocess.Popen(**command(*words))
    until = time.monotonic() + 120
    while time.monotonic() < until and not Import.objects.filter(entries_done__gt=0).exists():
        time.sleep(0.02)
    started.send_signal(signal.SIGKILL)
    started.communicate()
    assert Import.objects.get().state == "running"
    done = run(*words, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["state"], told["stored"] + told["repeated"]) == ("done", 12_000)
    assert Import.objects.count() == 1
    assert Message.objects.count() == told["stored"]
    assert sum(GroupHour.objects.values_list("messages", flat=True)) == told["stored"]
