"""``qunce run`` as somebody meets it: a process with a data folder, a port, and things that go wrong."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import httpx
import psutil
import psycopg
import pytest

from qunce import __version__
from qunce.cli.process import Account

pytestmark = pytest.mark.xdist_group("run")
QUNCE = [sys.executable, "-m", "qunce"]
READY = re.compile(r"Qunce \S+ is ready: (http\S+)(?:   First sign-in, once: https?://[^/]+(/\S+))?\n")
READY_WITHIN = 30
GONE_WITHIN = 3.0


def environment(**more):
    """What a fresh shell has: nothing of the tests' own settings."""
    ours = ("DATABASE_URL", "DJANGO_", "QUNCE_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | more


def command(*arguments, preexec_fn=None, **more):
    """Run a command that ends by itself."""
    return subprocess.run(
        [*QUNCE, *map(str, arguments)],
        check=False,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=preexec_fn,
    )


def the_line(done):
    """The one line with which a command refuses."""
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line


class Run:
    """A ``qunce run`` under way."""

    def __init__(self, data_dir, **more):
        self.data_dir = data_dir
        self.process = subprocess.Popen(
            [*QUNCE, "run", "--data-dir", data_dir, "--port", "0"],
            env=environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        found = READY.fullmatch(line)
        if found is None:
            raise AssertionError(line, *self.end())
        self.address, self.link = found.groups()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def health(self):
        try:
            with urlopen(f"{self.address}/healthz", timeout=READY_WITHIN) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    def children(self):
        """The processes of this run by role, PostgreSQL's postmaster among them."""
        named = {}
        for process in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # has just died; a zombie is one, too
                words = {Path(word).name for word in process.cmdline()}
                named |= dict.fromkeys(words & {"postgres", "web", "worker", "gateway"}, process)
        return named

    def wait_until_well(self, seconds=READY_WITHIN):
        until = time.monotonic() + seconds
        while self.health()[0] != 200:
            assert time.monotonic() < until, self.health()
            time.sleep(0.1)

    def all_processes(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self):
        """Ctrl-C; what was written on the outputs since the line."""
        with self.process:
            self.process.send_signal(signal.SIGINT)
            return self.process.communicate(timeout=10)


def none_left(processes, seconds):
    """Whether all are gone (or waiting for somebody to read their exit code) in time."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def shared_run():
    folder = Path(tempfile.mkdtemp(prefix="qunce run "))
    with Run(folder) as run:
        yield run
    shutil.rmtree(folder)


@pytest.fixture
def running(shared_run):
    """One run for all tests that it survives; it is well when a test begins."""
    shared_run.wait_until_well()
    return shared_run


def test_everything_is_well_and_the_first_administrator_gets_a_link(running):
    status, condition = running.health()
    assert status == 200
    assert condition.pop("ok") is True
    assert set(condition) == {"database", "web", "worker", "gateway"}
    assert all(part["ok"] for part in condition.values())
    with urlopen(running.address + running.link) as page:
        assert page.status == 200
    assert (running.data_dir / "secret.key").stat().st_mode & 0o777 == 0o600
    assert len((running.data_dir / "secret.key").read_text()) == 64


@pytest.mark.parametrize("role", ["web", "worker", "gateway", "postgres"])
def test_whatever_dies_is_started_again(running, role):
    before = running.children()
    before[role].kill()
    assert none_left([before[role]], 5)
    until = time.monotonic() + 15
    while running.children().get(role) in {None, before[role]}:
        assert time.monotonic() < until
        time.sleep(0.05)
    running.wait_until_well()
    # Without a database the worker may have given up, too; it comes back like everything else.
    while set(after := running.children()) != set(before):
        assert time.monotonic() < until + 45
        time.sleep(0.05)
    if role != "postgres":
        assert {name: after[name] for name in before if name != role} == {
            name: before[name] for name in before if name != role
        }


def test_a_restart_of_the_web_role_refuses_nobody(running):
    running.children()["web"].kill()
    with urlopen(f"{running.address}/sign-in/", timeout=20) as page:
        assert page.status == 200


def test_a_second_run_of_the_data_folder_is_refused(running):
    line = the_line(command("run", "--data-dir", running.data_dir, "--port", 0))
    assert f"data folder {running.data_dir} is in use" in line
    assert str(running.process.pid) in line


def test_a_taken_port_is_said(running, data_dir):
    port = running.address.rpartition(":")[2]
    line = the_line(command("run", "--data-dir", data_dir, "--port", port))
    assert line == f"Error: Cannot listen on 127.0.0.1 port {port}: Address already in use."
    assert not list(data_dir.iterdir())


def test_other_commands_use_the_running_database(running):
    assert command("migrate", "--data-dir", running.data_dir).returncode == 0
    link = command("admin-link", "--data-dir", running.data_dir)
    assert link.returncode == 0, link.stderr
    assert link.stdout.startswith(f"{running.address}/")
    with urlopen(link.stdout.strip()) as page:
        assert page.status == 200
    assert running.health()[0] == 200


def test_it_ends_within_3_seconds_with_event_streams_open(data_dir):
    with Run(data_dir) as run, httpx.Client(base_url=run.address) as browser:
        processes = run.all_processes()
        browser.get(run.link)
        owner = {"name": "站长", "email": "owner@example.org", "password": "a long way round"}
        token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post(run.link, data=owner | token).status_code == 302
        with browser.stream("GET", "/live/", params={"topics": "accounts:"}) as stream:
            assert stream.headers["content-type"] == "text/event-stream"
            frames = stream.iter_text()
            assert next(frames)
            asked = time.monotonic()
            run.process.send_signal(signal.SIGTERM)
            assert run.process.wait(GONE_WITHIN) == 0
            assert time.monotonic() - asked < GONE_WITHIN
        assert none_left(processes, 0.5)
        assert run.end() == ("", "")


def test_nothing_survives_a_killed_supervisor_and_the_next_run_starts(data_dir):
    with Run(data_dir) as run:
        processes = run.all_processes()
        run.process.kill()
        assert none_left(processes, 5)
    with Run(data_dir, QUNCE_BASE_URL="https://qunce.example.org/") as again:
        assert again.address == "https://qunce.example.org"


@pytest.fixture
def elsewhere():
    """The DATABASE_URL of an empty database that is not the data folder's."""
    name = f"elsewhere_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as wire:
        wire.execute(f"CREATE DATABASE {name}")
        yield os.environ["DATABASE_URL"].replace("/qunce?", f"/{name}?")
        wire.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_elsewhere(data_dir, elsewhere):
    with Run(data_dir, DATABASE_URL=elsewhere) as run:
        assert set(run.children()) == {"web", "worker", "gateway"}
        assert run.health()[0] == 200
        assert not (data_dir / "postgres").exists()


def test_tables_that_cannot_be_brought_up_to_date_end_it(data_dir, elsewhere):
    with psycopg.connect(elsewhere) as wire:
        wire.execute("CREATE TABLE kernel_heartbeat (in_the_way int)")
    done = command("run", "--data-dir", data_dir, "--port", 0, DATABASE_URL=elsewhere)
    assert done.returncode == 1
    assert 'relation "kernel_heartbeat" already exists' in done.stderr
    assert done.stderr.endswith("Error: The database could not be prepared.\n")
    environments = [process.info["environ"] or {} for process in psutil.process_iter(["environ"])]
    assert not [left for left in environments if left.get("QUNCE_DATA_DIR") == str(data_dir)]


def test_a_database_that_does_not_answer(data_dir):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"postgresql://nobody:secret@127.0.0.1:{silent.getsockname()[1]}/nothing"
        line = the_line(command("run", "--data-dir", data_dir, "--port", 0, DATABASE_URL=url))
    assert line.startswith("Error: The database of DATABASE_URL cannot be reached: ")
    assert "secret" not in line


def test_a_database_url_that_is_none(data_dir):
    line = the_line(command("migrate", "--data-dir", data_dir, DATABASE_URL="nonsense"))
    assert line.startswith("Error: The database of DATABASE_URL cannot be reached: ")


def test_a_data_folder_that_cannot_be_used(data_dir):
    in_the_way = data_dir / "file"
    in_the_way.touch()
    line = the_line(command("run", "--data-dir", in_the_way / "deeper", "--port", 0))
    assert line == f"Error: The data folder {in_the_way / 'deeper'} cannot be used: Not a directory."


def test_an_unreadable_data_folder(data_dir):
    data_dir.chmod(0)
    # Root may read everything, so root gives up its powers first.
    powerless = Account("nobody", 65534, 65534, namespace=True).become if os.geteuid() == 0 else None
    line = the_line(command("run", "--data-dir", data_dir, "--port", 0, preexec_fn=powerless))
    assert line == f"Error: The data folder {data_dir} cannot be used: Permission denied."


def test_a_data_folder_of_another_version(data_dir):
    (data_dir / "postgres").mkdir(mode=0o700)
    (data_dir / "postgres" / "PG_VERSION").write_text("14\n")
    line = the_line(command("run", "--data-dir", data_dir, "--port", 0))
    assert line.startswith(
        f"Error: The database in {data_dir}/postgres is of PostgreSQL 14, but this is PostgreSQL 18"
    )


def test_the_version_needs_no_framework():
    done = command("--version")
    assert done.stdout == f"qunce {__version__}\n"
    loads = "import sys; from qunce.cli.main import main; print({'django', 'psycopg'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", loads], text=True) == "set()\n"
