"""Which database a command works with: the one of DATABASE_URL, or the embedded one of the data folder.

Both come out as DATABASE_URL in the environment, where the settings and all child processes find it.
"""

import fcntl
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import psycopg
from click import ClickException

from qunce.cli.postgres import OLDEST, Server

LOCK = "qunce.lock"
ATTACH_TIMEOUT = 60.0
MIGRATION_REMINDER = 30.0
MIGRATION_LOCK = 7_810_001  # any number that nothing else locks


def default_data_dir() -> Path:
    """Where an installed Qunce keeps its data when nobody says."""
    if os.geteuid() == 0:
        return Path("/var/lib/qunce")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "qunce"


@contextmanager
def opened(folder: Path, *, note: str, alone: bool = False) -> Iterator[Server | None]:
    """Have a database for the block; yields the embedded server where it is ours to look after.

    ``alone`` claims the folder: another process that does so is refused. Without it a command attaches to the server
    of a running ``qunce run``, or starts one for its own duration. ``note`` tells others who holds the folder.
    Raises ClickException with one line.
    """
    folder = folder.absolute()
    with ExitStack() as stack:
        given = os.environ.get("DATABASE_URL")
        try:
            _prepare(folder)
            held = (alone or not given) and _claim(folder, note, stack)
            if alone and not held:
                raise ClickException(f"The data folder {folder} is in use: {holder(folder)}.")
            server = None if given else _serve(folder, stack, start=held)
        except OSError as error:
            raise ClickException(f"The data folder {folder} cannot be used: {error.strerror or error}.") from error
        if given:
            _check(given)
        yield server


def holder(folder: Path) -> str:
    """The note of whoever holds, or held last, the folder; empty where nobody ever did."""
    file = folder / LOCK
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def migrate() -> None:
    """Bring the tables to this version; several hosts may try at once. Needs Django to be set up."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            if _is_behind():
                call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def wait_until_migrated() -> None:
    """Wait for whoever brings the tables to this version. Needs Django to be set up."""
    from django.db import connection

    until = time.monotonic() + MIGRATION_REMINDER
    while _is_behind():
        if time.monotonic() > until:
            print("Waiting for the database to be brought to this version by `qunce migrate`.", file=sys.stderr)
            until = float("inf")
        time.sleep(0.1)
    connection.close()


def _is_behind() -> bool:
    """Whether a migration of this version is not recorded in the database.

    Compares names only: to load the migrations as well takes longer than everything else at a start.
    """
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    recorded = MigrationRecorder(connection).applied_migrations()
    for app in apps.get_app_configs():
        folder = Path(app.path, "migrations")
        names = [file.stem for file in folder.glob("[!_]*.py")]
        if any((app.label, name) not in recorded for name in names):
            return True
    return False


def _prepare(folder: Path) -> None:
    """Make the folder and its key where they are missing. Only its owner may read it; as root, others may pass."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    os.environ["QUNCE_DATA_DIR"] = str(folder)
    key = folder / "secret.key"
    if key.exists() or os.environ.get("QUNCE_SECRET_KEY"):
        return
    fresh = folder / f"secret.key.{os.getpid()}"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123 (Path cannot say the mode)
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        key.hardlink_to(fresh)  # unlike a rename it never replaces the key that another process just made
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _claim(folder: Path, note: str, stack: ExitStack) -> bool:
    """Hold the folder's lock until ``stack`` ends; False when another process holds it."""
    file: TextIO = stack.enter_context((folder / LOCK).open("a", encoding="utf-8"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    file.truncate(0)
    file.write(note)
    file.flush()
    return True


def _serve(folder: Path, stack: ExitStack, *, start: bool) -> Server | None:
    server = Server(folder)
    os.environ["DATABASE_URL"] = server.url()
    if start:
        stack.callback(server.stop)
        server.start()
        return server
    until = time.monotonic() + ATTACH_TIMEOUT
    while not server.answers():
        if time.monotonic() > until:
            raise ClickException(f"The data folder {folder} is in use, without its database: {holder(folder)}.")
        time.sleep(0.1)
    return None


def _check(url: str) -> None:
    try:
        with psycopg.connect(url, connect_timeout=5) as wire:
            version = wire.info.server_version // 10_000
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ClickException(f"The database of DATABASE_URL cannot be reached: {reason}") from error
    if version < OLDEST:
        raise ClickException(f"The database of DATABASE_URL is PostgreSQL {version}; Qunce needs {OLDEST} or newer.")
