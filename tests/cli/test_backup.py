"""`qunce backup` and `qunce restore`: what comes back is what was there."""

import json
import os
import subprocess
import sys
import tarfile
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from qunce.chat import actions as chat
from qunce.chat.models import Account, Delivery
from qunce.chat.types import DeliveryState, Selection
from qunce.cli.postgres import Server
from qunce.kernel import backups, files
from qunce.kernel.actor import SYSTEM
from qunce.kernel.models import Heartbeat
from tests.support import world

PASSPHRASE = "correct horse battery"
LEFT_OUT = {"kernel_heartbeat"}
# What a restore changes on purpose, and what the backup writes after its own snapshot.
CHANGED = {"chat_account", "chat_lease", "chat_delivery", "chat_deliverystep", "kernel_revision", "kernel_auditentry"}


def qunce(*arguments, url=None, passphrase=PASSPHRASE, folder=None):
    env = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "QUNCE_SECRET_KEY"}}
    env |= {"QUNCE_BACKUP_PASSPHRASE": passphrase}
    if url:
        env |= {"DATABASE_URL": url, "QUNCE_SECRET_KEY": os.environ["QUNCE_SECRET_KEY"]}
    if folder:
        env["QUNCE_DATA_DIR"] = str(folder)
    command = [sys.executable, "-m", "qunce", *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def rows(url):
    """Every row of every table, as text."""
    with psycopg.connect(url) as wire:
        names = wire.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition"
        ).fetchall()
        return {
            name: sorted(wire.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))).fetchall())
            for (name,) in names
            if name not in LEFT_OUT
        }


@pytest.fixture
def kept(tmp_path, settings):
    """A lively installation with a file and a secret, and a backup of it."""
    settings.MEDIA_ROOT = tmp_path / "here" / "files"
    world.lively(groups=2, found=1)
    stored = files.put("签到表 📎".encode(), name="表.txt", content_type="text/plain")
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    before = rows(url)
    target = tmp_path / "backup.tar"
    done = qunce("backup", target, url=url, folder=tmp_path / "here")
    assert done.returncode == 0, done.stderr
    return target, before, stored


@pytest.mark.django_db(transaction=True)
def test_what_is_restored_is_what_was_there(kept, tmp_path):
    target, before, stored = kept
    assert backups.last_made() is not None
    assert target.stat().st_mode & 0o077 == 0
    folder = tmp_path / "there"
    done = qunce("restore", target, "--data-dir", folder)
    assert done.returncode == 0, done.stderr
    assert "accounts are switched off" in done.stdout
    assert (folder / "secret.key").read_text() == os.environ["QUNCE_SECRET_KEY"]
    path = stored.sha256
    assert (folder / "files" / path[:2] / path[2:4] / path).read_text() == "签到表 📎"
    server = Server(folder)
    server.start()
    try:
        after = rows(server.url())
        with psycopg.connect(server.url()) as wire:
            assert wire.execute("SELECT bool_or(enabled) FROM chat_account").fetchone() == (False,)
    finally:
        server.stop()
    assert before.keys() == after.keys()
    for name in before.keys() - CHANGED:
        assert before[name] == after[name], name
    assert sum(map(len, before.values())) > 100
    again = qunce("restore", target, "--data-dir", folder)
    assert again.returncode != 0
    assert "in use already" in again.stderr


@pytest.mark.django_db(transaction=True)
def test_a_wrong_passphrase_and_damage_change_nothing(kept, tmp_path):
    target, _before, _stored = kept
    folder = tmp_path / "there"
    wrong = qunce("restore", target, "--data-dir", folder, passphrase="another passphrase")
    assert wrong.returncode != 0
    assert "not the passphrase" in wrong.stderr
    assert not folder.exists()
    body = bytearray(target.read_bytes())
    with tarfile.open(target) as archive:
        names = archive.getnames()
        at = archive.getmember("database.dump").offset_data + 2000
    body[at] ^= 0xFF
    target.write_bytes(body)
    damaged = qunce("restore", target, "--data-dir", folder)
    assert "damaged: database.dump" in damaged.stderr
    target.write_bytes(body[: len(body) // 2])
    cut = qunce("restore", target, "--data-dir", folder)
    assert cut.returncode != 0
    assert "cut off" in cut.stderr or "cannot be read" in cut.stderr
    assert not folder.exists()
    assert names[-1] == "manifest.json"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_overwritten_and_short_passphrases_are_refused(kept, tmp_path):
    target, _before, _stored = kept
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    size = target.stat().st_size
    twice = qunce("backup", target, url=url, folder=tmp_path / "here")
    assert "exists already" in twice.stderr
    assert target.stat().st_size == size
    short = qunce("backup", tmp_path / "b.tar", url=url, folder=tmp_path / "here", passphrase="short")
    assert "at least 12 characters" in short.stderr
    full = qunce("restore", target, "--data-dir", tmp_path / "x", url=url)
    assert "not empty" in full.stderr
    with tarfile.open(target) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))
    assert manifest["tables"]["chat_message"] > 0


@pytest.mark.django_db
def test_what_was_due_waits_for_a_person():
    world.lively(groups=1, found=0)
    everywhere = Selection(everywhere=True)
    chat.send_broadcast(actor=SYSTEM, text="明早八点见", selection=everywhere, submission=uuid4())
    planned = Delivery.objects.filter(state=DeliveryState.PLANNED)
    assert planned.count() == 1
    assert chat.after_restore(accounts_on=False) == 1
    assert not planned.exists()
    assert not Account.objects.filter(enabled=True).exists()


@pytest.mark.django_db(transaction=True)
def test_the_doctor_speaks_and_its_exit_code_tells(kept, tmp_path):
    target, _before, _stored = kept
    assert target.exists()
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    Heartbeat.objects.all().delete()  # servers of other tests may have beaten
    told = qunce("doctor", "--lang", "en", url=url, folder=tmp_path / "here")
    assert told.returncode == 1
    assert "No process of the role “gateway” is alive." in told.stdout
    assert "There is no backup yet." not in told.stdout
    listed = json.loads(qunce("doctor", "--json", url=url, folder=tmp_path / "here").stdout)
    assert {"role:web", "role:worker", "role:gateway"} <= {each["key"] for each in listed}
