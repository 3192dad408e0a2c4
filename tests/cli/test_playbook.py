"""`qunce playbook` and `qunce rehearse`: files in and out, what the checks say, a rehearsal as JSON."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from qunce.cli.playbook import document_named, text_named
from qunce.playbooks import selectors
from tests.playbooks import support

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "# Ours.\nkey: ours\ntitle: 我们的\nsteps:\n  - {id: hello, do: send, text: 你好}\n"


def run(*arguments, cwd):
    parts = connection.settings_dict
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    address = make_conninfo("", **{name: parts[key] for name, key in named.items() if parts.get(key)})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QUNCE_")}
    return subprocess.run(
        [sys.executable, "-m", "qunce", *arguments],
        env={**environment, "DATABASE_URL": address, "QUNCE_DATA_DIR": str(cwd / "data")},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_playbooks_go_in_and_out_and_are_rehearsed(tmp_path):
    groups = support.groups(2)
    (tmp_path / "ours.yaml").write_text(TEXT, encoding="utf-8")
    assert run("playbook", "import", "ours.yaml", cwd=tmp_path).stdout == "ours\n"
    assert text_named("ours") == TEXT
    assert document_named("ours").key == "ours"
    assert text_named("roll-call") == selectors.library_entry("roll-call").text
    done = run("rehearse", "ours", "--groups", str(groups[0].pk), "--days", "2", "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert [(each["group_id"], each["text"]) for each in found["messages"]] == [(groups[0].pk, "你好")]
    bad = tmp_path / "bad.yaml"
    bad.write_text(TEXT.replace("steps", "stpes"), encoding="utf-8")
    refused = run("playbook", "check", "bad.yaml", "--lang", "en", cwd=tmp_path)
    assert "bad.yaml:4: “stpes” is not known here. Did you mean “steps”?" in refused.stderr
