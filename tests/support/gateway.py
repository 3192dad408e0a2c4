"""A gateway as somebody runs it: a process of its own on the test's database, to be killed at will."""

import os
import subprocess
import sys
from contextlib import contextmanager

from django.db import connection
from psycopg.conninfo import make_conninfo


@contextmanager
def running(log, **environment):
    """`qunce gateway` on the test database; killed at the end, whatever it is doing."""
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "qunce", "gateway"],
            env={**os.environ, "DATABASE_URL": url, **environment},
            stderr=errors,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(30)
