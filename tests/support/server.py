"""The web role as people meet it: a process of its own on the test's database, event streams and all."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from qunce.kernel import revisions

READY_WITHIN = 60
_reached: dict[str, int] = {}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(**environment):
    """Start `qunce web` on the test database; returns the process and its address."""
    port = free_port()
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    process = subprocess.Popen(
        [sys.executable, "-m", "qunce", "web", "--port", str(port)],
        env={**os.environ, "DATABASE_URL": url, **environment},
    )
    address = f"http://127.0.0.1:{port}"
    wait_for(address, process)
    return process, address


def wait_for(address, process):
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        assert process.poll() is None, "the web role ended by itself"
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=3):
                return
        except urllib.error.HTTPError as answer:
            answer.close()
            return  # it answers; that no worker runs is none of our business
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the web role did not start")


def stop(process):
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


@pytest.fixture(scope="session")
def web_role(django_db_setup, django_db_blocker):
    """One web role for all tests of this process."""
    process, address = start()
    yield address
    stop(process)


@pytest.fixture
def site(web_role, transactional_db):
    """The address of the web role, which sees what the test commits.

    Emptying the database starts revisions anew, while the web role goes on: they are set on from where they were,
    so that nothing compiled for an earlier test is taken for fresh.
    """
    with connection.cursor() as cursor:
        for scope, number in _reached.items():
            cursor.execute("INSERT INTO kernel_revision (scope, number) VALUES (%s, %s)", [scope, number + 1])
    yield web_role
    _reached.update(revisions.current())
