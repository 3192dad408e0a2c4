"""The whole product as somebody runs it: `qunce run` in a data folder of its own, and people at its pages."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import psycopg

from qunce.cli.postgres import Server

READY = re.compile(r"Qunce \S+ is ready: (http\S+)(?:   First sign-in, once: (http\S+))?\n")
OURS = ("DATABASE_URL", "DJANGO_", "QUNCE_", "PYTHON")


class Product:
    """A running `qunce run`. What it writes on its error output is in ``log``."""

    def __init__(self, folder, **environment):
        self.folder = folder
        self.log = folder.with_suffix(".log")
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self._environment |= {"QUNCE_QUIET_HOURS": "", **environment}  # tests run at night, too

    def start(self):
        self.process = self.command("run", "--port", "0")
        line = self.process.stdout.readline()
        found = READY.fullmatch(line)
        assert found, f"{line}\n{self.log.read_text()[-3000:]}"
        self.address, self.first_sign_in = found.groups()

    def command(self, name, *arguments):
        """A `qunce` command in its data folder, as a process whose output is read."""
        command = [sys.executable, "-m", "qunce", *name.split(), *arguments, "--data-dir", self.folder]
        with self.log.open("ab") as errors:
            return subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE, stderr=errors, text=True)

    def told(self, name, *arguments):
        """What a command says that has ended well."""
        with self.command(name, *arguments) as process:
            said = process.stdout.read()
        assert process.returncode == 0, self.log.read_text()[-3000:]
        return said

    def stop(self):
        with self.process:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def role(self, name):
        """The process of a role, or PostgreSQL's first one."""
        return next(
            child
            for child in psutil.Process(self.process.pid).children()
            if name in {Path(word).name for word in child.cmdline()}
        )

    def is_well(self):
        try:
            return httpx.get(f"{self.address}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def rows(self, statement, *parameters):
        """What its database says."""
        with psycopg.connect(Server(self.folder).url(), connect_timeout=5) as wire:
            return wire.execute(statement, parameters).fetchall()

    def without_database(self, seconds):
        """PostgreSQL is away: first all of it hangs, then it is killed as often as it is started again."""
        until = time.monotonic() + seconds
        first = self.role("postgres")
        hanging = [first, *first.children(recursive=True)]
        for process in hanging:
            process.suspend()
        time.sleep(seconds / 2)
        for process in hanging:
            process.resume()
        while time.monotonic() < until:
            for child in psutil.Process(self.process.pid).children():
                if child.name() == "postgres":
                    child.kill()
            time.sleep(0.02)


def eventually(told, *, within=180, every=0.25):
    """Wait until ``told()`` is truthy, and return it."""
    until = time.monotonic() + within
    while not (found := told()):
        assert time.monotonic() < until, f"not within {within} s"
        time.sleep(every)
    return found
