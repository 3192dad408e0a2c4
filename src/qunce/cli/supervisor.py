"""``qunce run``: PostgreSQL and one process per role, kept alive until Ctrl-C or SIGTERM, gone 3 seconds later.

The supervisor holds the listening socket and hands it to the web role, so that a taken port is known at once and a
restart of that role refuses nobody.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from click import ClickException

from qunce import __version__
from qunce.cli import database
from qunce.cli.address import base_url, listen, local_address
from qunce.cli.postgres import Server
from qunce.cli.process import end_with_parent

TICK = 0.05
STEADY = 20.0  # seconds after which a process counts as started well
PAUSES = (
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
)  # seconds before the first, second … restart in a row; the last for all further ones
CHILDREN_TIME = 1.5  # seconds for the roles to end, then they are killed
ALL_TIME = 2.3  # seconds for everything, then PostgreSQL ends without a checkpoint
WELL_TIMEOUT = 30.0


class Living(Protocol):
    """Something that runs as a process and can be started again."""

    @property
    def died(self) -> bool:
        """Whether its process is gone."""

    def spawn(self) -> None:
        """Start its process, without waiting for it to be ready."""


class Child:
    """A ``qunce`` command as a process of its own; ``tells`` if we want to read what it prints."""

    def __init__(self, command: str, *arguments: str, hand_over: tuple[int, ...] = (), tells: bool = False) -> None:
        self._command = [sys.executable, "-P", "-m", "qunce", command, *arguments]
        self._hand_over = hand_over
        self._stdout = subprocess.PIPE if tells else None
        self._process: subprocess.Popen[str] | None = None

    def spawn(self) -> None:
        """Start the process; it is killed if we die without a word, because without us nobody limits its farewell."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=self._stdout,
            text=True,
            pass_fds=self._hand_over,
            start_new_session=True,  # Ctrl-C in a terminal is for us alone: we end them in order
            preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 (no other way to end with the parent)
        )

    @property
    def died(self) -> bool:
        """Whether the process is gone."""
        return self._process is None or self._process.poll() is not None

    def told(self) -> str | None:
        """What the process, now gone, printed; None if it failed."""
        if self._process is None or self._process.stdout is None or self._process.returncode != 0:
            return None
        with self._process.stdout as output:
            return output.read()

    def send(self, what: signal.Signals) -> None:
        """Send a signal, if there is a process to get it."""
        if self._process and not self.died:
            self._process.send_signal(what)


class Watch:
    """Starts one thing again whenever it dies, after a pause that grows while it does not stay alive."""

    def __init__(self, name: str, thing: Living) -> None:
        self.name = name
        self.thing = thing
        self._deaths = 0
        self._started = time.monotonic()
        self._due: float | None = None

    def tend(self) -> None:
        """Look once; never blocks."""
        now = time.monotonic()
        if not self.thing.died:
            if now - self._started > STEADY:
                self._deaths = 0
        elif self._due is None:
            pause = PAUSES[min(self._deaths, len(PAUSES) - 1)]
            self._deaths += 1
            self._due = now + pause
            complain(f"{self.name} ended unexpectedly and is started again in {pause:g} s.")
        elif now >= self._due:
            self.thing.spawn()
            self._started, self._due = now, None


class Supervisor:
    """Keeps the server (where it is ours) and the roles running until told to stop."""

    def __init__(self, server: Server | None, roles: dict[str, Child]) -> None:
        self._server = server
        self._preparation = Child("prepare", tells=True)
        self._children = [self._preparation, *roles.values()]
        self._watches = [Watch(name, role) for name, role in roles.items()]
        if server:
            self._watches.insert(0, Watch("PostgreSQL", server))
        self._asked = 0

    def run(self, prepared: Callable[[str], None]) -> None:
        """Start everything and look after it; returns when all of it has ended.

        The roles load while the database is prepared, and wait for that; then ``prepared`` gets the first sign-in
        link's path. Raises ClickException when the database cannot be prepared, which has been explained by then.
        """
        for caught in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(caught, self._ask)
        try:
            for child in self._children:
                child.spawn()
            while not self._asked:
                if self._preparation in self._children and self._preparation.died:
                    self._children.remove(self._preparation)
                    prepared(self._link())
                for watch in self._watches:
                    watch.tend()
                time.sleep(TICK)
        finally:
            self._end()

    def _link(self) -> str:
        told = self._preparation.told()
        if told is None:
            raise ClickException("The database could not be prepared.")
        return told

    def _ask(self, *_: object) -> None:
        self._asked += 1

    def _end(self) -> None:
        """The roles first, then their database; asked a second time, everything at once."""
        begun = time.monotonic()
        for child in self._children:
            child.send(signal.SIGTERM)
        while self._asked < 2 and time.monotonic() - begun < CHILDREN_TIME:  # noqa: PLR2004 (the second Ctrl-C)
            if all(child.died for child in self._children):
                break
            time.sleep(TICK)
        for child in self._children:
            child.send(signal.SIGKILL)
        if self._server:
            self._server.stop(0 if self._asked > 1 else begun + ALL_TIME - time.monotonic())


def run(folder: Path, host: str, port: int) -> None:
    """Run everything until a signal. Raises ClickException with one line where it cannot start."""
    with listen(host, port) as listener:
        address = local_address(listener)
        note = f"qunce run, process {os.getpid()}, {address}"

        def announce(link: str) -> None:
            threading.Thread(target=_announce, args=(address, link), daemon=True).start()

        with database.opened(folder, note=note, alone=True) as server:
            fd = listener.fileno()
            roles = {
                "web": Child("web", "--fd", str(fd), hand_over=(fd,)),
                "worker": Child("worker"),
                "gateway": Child("gateway"),
            }
            Supervisor(server, roles).run(announce)


def complain(line: str) -> None:
    """One line for the operator, on the error output."""
    print(f"qunce: {line}", file=sys.stderr, flush=True)


def _announce(address: str, link: str) -> None:
    """Say where Qunce is, once everything is well; or, after a while, that something is not."""
    shown = base_url() or address
    until = time.monotonic() + WELL_TIMEOUT
    while not (well := _is_well(address)) and time.monotonic() < until:
        time.sleep(0.2)
    line = f"Qunce {__version__} is ready: {shown}"
    if not well:
        line = f"Qunce {__version__} is not well yet, see {address}/healthz: {shown}"
    if link:
        line += f"   First sign-in, once: {shown}{link}"
    print(line, flush=True)


def _is_well(address: str) -> bool:
    try:
        with urlopen(Request(f"{address}/healthz"), timeout=10) as answer:  # noqa: S310 (our own address)
            return bool(answer.status == 200)  # noqa: PLR2004 (OK)
    except (HTTPError, OSError):
        return False
