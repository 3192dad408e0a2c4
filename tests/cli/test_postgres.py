"""The embedded PostgreSQL in unfriendly places, after unfriendly ends."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from click import ClickException

from qunce.cli.postgres import Server

QUICK = {"fsync": "off"}


@contextmanager
def running(folder):
    server = Server(folder, QUICK)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ask(server, query, *values):
    with psycopg.connect(server.url()) as wire:
        return wire.execute(query, values).fetchone()[0]


def postmaster(folder):
    return int((folder / "postgres" / "postmaster.pid").read_text().split("\n")[0])


def gone_within(pid, seconds):
    until = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_makes_a_database_that_knows_chinese_and_keeps_it_over_a_restart(data_dir):
    with running(data_dir) as server:
        with psycopg.connect(server.url()) as wire:
            wire.execute("CREATE TABLE kept AS SELECT '社群运营'::text AS words")
            wire.execute("CREATE EXTENSION pg_trgm")
        assert ask(server, "SELECT cardinality(show_trgm('社群运营'))") > 0
        assert ask(server, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'qunce'") == "UTF8"
    assert not server.answers()
    with running(data_dir) as server:
        assert ask(server, "SELECT words FROM kept") == "社群运营"


def test_a_folder_whose_path_has_quotes_and_commas(data_dir):
    with running(data_dir / 'it\'s, "群" 100%') as server:
        assert ask(server, "SELECT 1") == 1


def test_a_folder_whose_path_is_too_long_for_a_socket(data_dir):
    with running(data_dir / ("deep" * 30)) as server:
        assert ask(server, "SELECT 1") == 1
        assert server.sockets.parent.name == "tmp"
        assert server.sockets.stat().st_mode & 0o777 == 0o700
    assert not server.sockets.exists()


def test_only_the_server_may_enter_its_folders(data_dir):
    with running(data_dir) as server:
        assert server.sockets.stat().st_mode & 0o077 == 0
        assert server.data.stat().st_mode & 0o077 == 0
        assert ask(server, "SHOW listen_addresses") == ""


def test_starts_again_after_kill_9(data_dir):
    with running(data_dir) as server:
        with psycopg.connect(server.url()) as wire:
            wire.execute("CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(postmaster(data_dir), signal.SIGKILL)
        assert gone_within(postmaster(data_dir), 5)
        with running(data_dir) as again:
            assert ask(again, "SELECT number FROM kept") == 7


def test_starts_when_the_old_process_number_belongs_to_another_program(data_dir):
    with running(data_dir) as server:
        recorded = (server.data / "postmaster.pid").read_text()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (server.data / "postmaster.pid").write_text(recorded.replace(recorded.split("\n")[0], str(stranger.pid), 1))
        with running(data_dir) as again:
            assert ask(again, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_takes_the_place_of_a_server_that_outlived_its_owner(data_dir):
    with running(data_dir) as orphan:
        before = postmaster(data_dir)
        with running(data_dir) as server:
            assert ask(server, "SELECT 1") == 1
            assert postmaster(data_dir) != before
            assert orphan.died


def test_ends_with_its_owner_even_when_that_is_killed(data_dir):
    owns = (
        "import sys, time; from pathlib import Path; from qunce.cli.postgres import Server\n"
        "Server(Path(sys.argv[1])).start(); print('started', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", owns, data_dir], stdout=subprocess.PIPE) as owner:
        assert owner.stdout.readline() == b"started\n"
        pid = postmaster(data_dir)
        owner.kill()
    assert gone_within(pid, 5)


def test_a_set_up_that_was_cut_off_is_begun_anew(data_dir):
    (data_dir / "postgres.new").mkdir(parents=True)
    (data_dir / "postgres.new" / "PG_VERSION").write_text("18\n")
    with running(data_dir) as server:
        assert ask(server, "SELECT 1") == 1


def test_refuses_a_database_of_another_version(data_dir):
    with running(data_dir) as server:
        pass
    (server.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(ClickException, match="is of PostgreSQL 14, but this is PostgreSQL 18") as caught:
        Server(data_dir).start()
    assert "\n" not in caught.value.message


def test_says_why_the_server_does_not_start(data_dir):
    with pytest.raises(ClickException, match=r"does not start: .*invalid value for parameter"):
        Server(data_dir, {"max_connections": "many"}).start()


def test_takes_the_programs_of_the_system(data_dir, monkeypatch):
    monkeypatch.setenv("QUNCE_POSTGRES_BIN", str(data_dir))
    with pytest.raises(ClickException, match="There is no PostgreSQL server in"):
        Server(data_dir).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for PostgreSQL")
def test_as_root_it_runs_where_only_root_may_go_without_roots_powers(data_dir):
    assert data_dir.stat().st_mode & 0o077 == 0
    with running(data_dir / "deeper") as server:
        pid = postmaster(data_dir / "deeper")
        assert psutil.Process(pid).uids().real == server.data.stat().st_uid == 0
        [powers] = re.findall(r"CapEff:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
        assert int(powers, 16) == 0
    data_dir.chmod(0o711)
    with running(data_dir / "deeper") as server:
        assert psutil.Process(postmaster(data_dir / "deeper")).uids().real == server.data.stat().st_uid
        assert server.data.owner() in {"postgres", "nobody"}
