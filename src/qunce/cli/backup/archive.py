"""``qunce backup`` and ``qunce restore``: everything of an installation in one file, and back.

The file is a tar archive: ``database.dump`` (of pg_dump), ``files/<sha256>``, ``key.json`` (the installation's key
under a passphrase) and, last, ``manifest.json`` with the checksum of each member and the number of rows of each table
at the very moment of the dump. Restoring compares both.
"""

import base64
import hashlib
import json
import os
import secrets
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import psycopg
from click import ClickException
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from qunce import __version__
from qunce.cli.postgres import program

FORMAT = 1
SHORTEST_PASSPHRASE = 12
CHUNK = 1 << 20
MANIFEST, DUMP, KEY, FILES = "manifest.json", "database.dump", "key.json", "files/"


@dataclass(slots=True)
class Manifest:
    """What an archive holds. ``tables``: rows of each at the moment of the dump; ``members``: sha256 of each.

    ``left_out``: tables whose rows are neither kept nor compared.
    """

    format: int = FORMAT
    version: str = __version__
    created_at: str = ""
    postgresql: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    members: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows in all."""
        return sum(self.tables.values())

    @property
    def files(self) -> int:
        """How many files."""
        return sum(name.startswith(FILES) for name in self.members)


# ------------------------------------------------------------------ the key
def _fernet(passphrase: str, salt: bytes) -> Fernet:
    derived = Scrypt(salt=salt, length=32, n=2**16, r=8, p=1).derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def seal_key(key: str, passphrase: str) -> bytes:
    """The installation's key under a passphrase (scrypt, then Fernet), as JSON."""
    salt = secrets.token_bytes(16)
    sealed = _fernet(passphrase, salt).encrypt(key.encode()).decode()
    return json.dumps({"salt": base64.b64encode(salt).decode(), "sealed": sealed}).encode()


def open_key(stored: bytes, passphrase: str) -> str:
    """The key again. Raises ClickException where the passphrase is another."""
    kept = json.loads(stored)
    try:
        return _fernet(passphrase, base64.b64decode(kept["salt"])).decrypt(kept["sealed"].encode()).decode()
    except InvalidToken as error:
        raise ClickException("This is not the passphrase of this backup.") from error


# ------------------------------------------------------------------ the database
def _run(arguments: list[str | Path], url: str, what: str) -> None:
    """Run one of PostgreSQL's programs on a database; its password is not for the list of processes."""
    told = conninfo_to_dict(url)
    password = told.pop("password", None)
    env = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    command = [*arguments, f"--dbname={make_conninfo('', **told)}"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason was given"]
        raise ClickException(f"{what}: {next((line for line in lines if 'error' in line), lines[-1])}")


def _count(wire: "psycopg.Connection[tuple[Any, ...]]", left_out: Collection[str]) -> dict[str, int]:
    names = wire.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition ORDER BY 1"
    ).fetchall()
    counted = {}
    for (name,) in names:
        if name not in left_out:
            found = wire.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
            counted[name] = found[0] if found else 0
    return counted


def _dump(url: str, into: Path, left_out: Collection[str]) -> tuple[dict[str, int], int]:
    """Dump the database; returns the rows of each table in exactly what was dumped, and the server's version."""
    with psycopg.connect(url) as wire:
        wire.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = wire.execute("SELECT pg_export_snapshot()").fetchone()
        arguments: list[str | Path] = [
            *(
                program("pg_dump"),
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={(snapshot or ['?'])[0]}",
            ),
            *(f"--exclude-table-data=public.{name}" for name in left_out),
            f"--file={into}",
        ]
        _run(arguments, url, "The database could not be dumped")
        return _count(wire, left_out), wire.info.server_version // 10_000


# ------------------------------------------------------------------ the archive
class _Writer:
    """Adds members and remembers their checksums."""

    def __init__(self, archive: tarfile.TarFile, manifest: Manifest, stamp: float) -> None:
        self._archive, self._manifest, self._stamp = archive, manifest, stamp

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        """Add ``size`` bytes of ``content``."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, int(self._stamp)
        digest = _Digest(content)
        self._archive.addfile(info, digest)
        self._manifest.members[name] = digest.sha256.hexdigest()


class _Digest:
    """A file that is hashed while it is read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        chunk = self._content.read(size)
        self.sha256.update(chunk)
        return chunk


def make(*, url: str, target: Path, key: str, passphrase: str) -> Manifest:
    """Write the archive; it appears under its name only when it is whole. Needs Django to be set up."""
    from qunce.kernel import backups, clock, files

    now = clock.now()
    manifest = Manifest(created_at=now.isoformat(), left_out=list(backups.PASSING))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".qunce-backup-") as folder:
        dump = Path(folder, DUMP)
        manifest.tables, manifest.postgresql = _dump(url, dump, manifest.left_out)
        with open(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:  # noqa: PTH123 (Path cannot say the mode)
            with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
                writer = _Writer(archive, manifest, now.timestamp())
                with dump.open("rb") as content:
                    writer.add(DUMP, content, dump.stat().st_size)
                for stored in files.every_file():
                    with files.open_file(stored.sha256) as opened:
                        writer.add(f"{FILES}{stored.sha256}", opened, stored.size)
                sealed = seal_key(key, passphrase)
                writer.add(KEY, BytesIO(sealed), len(sealed))
                listed = json.dumps(asdict(manifest), indent=1).encode()
                writer.add(MANIFEST, BytesIO(listed), len(listed))
            raw.flush()
            os.fsync(raw.fileno())
    partial.replace(target)
    return manifest


class Archive:
    """An archive that was checked: every member is there, and is what it was."""

    def __init__(self, opened: tarfile.TarFile) -> None:
        self._opened = opened
        try:
            self.manifest = Manifest(**json.loads(self.read(MANIFEST)))
        except (KeyError, ValueError, TypeError) as error:
            raise ClickException("This file is not a backup of Qunce, or it was cut off.") from error
        if self.manifest.format > FORMAT or _parts(self.manifest.version) > _parts(__version__):
            raise ClickException(
                f"This backup is of Qunce {self.manifest.version}, newer than {__version__}: install that first."
            )
        for name, expected in self.manifest.members.items():
            if name != MANIFEST and self._sha256(name) != expected:
                raise ClickException(f"The backup is damaged: {name} is not what was written.")

    def member(self, name: str) -> IO[bytes]:
        """One member, for reading. Raises KeyError where it is missing."""
        found = self._opened.extractfile(name)
        if found is None:
            raise KeyError(name)
        return found

    def read(self, name: str) -> bytes:
        """All of a small member."""
        with self.member(name) as content:
            return content.read()

    def _sha256(self, name: str) -> str:
        digest = hashlib.sha256()
        try:
            with self.member(name) as content:
                while chunk := content.read(CHUNK):
                    digest.update(chunk)
        except (KeyError, tarfile.TarError):
            return ""
        return digest.hexdigest()


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())


@contextmanager
def read(source: Path) -> Iterator[Archive]:
    """The archive in a file, checked from end to end. Raises ClickException."""
    try:
        with tarfile.open(source) as opened:
            yield Archive(opened)
    except (tarfile.TarError, OSError) as error:
        raise ClickException(f"The backup {source} cannot be read: {error}.") from error


def fill(archive: Archive, url: str, *, progress: Callable[[str], None]) -> None:
    """Put an archive's database into an empty one, all or nothing, and compare every table with the manifest."""
    with psycopg.connect(url) as wire:
        found = wire.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        if found and found[0]:
            raise ClickException("The database is not empty: restore into an empty one; nothing was changed.")
    progress(f"Restoring {archive.manifest.rows:,} rows …")
    with tempfile.TemporaryDirectory(prefix="qunce-restore-") as folder:
        dump = Path(folder, DUMP)
        with archive.member(DUMP) as content, dump.open("wb") as out:
            while chunk := content.read(CHUNK):
                out.write(chunk)
        arguments = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        _run([program("pg_restore"), *arguments, dump], url, "The database could not be restored")
    with psycopg.connect(url) as wire:
        wire.execute("ANALYZE")
        wrong = _differences(archive.manifest.tables, _count(wire, archive.manifest.left_out))
    if wrong:
        raise ClickException(f"The restored database differs from the backup: {'; '.join(wrong)}.")


def _differences(expected: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    return [
        f"{name} has {found.get(name, 0)} rows instead of {expected.get(name, 0)}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]


def put_files(archive: Archive) -> int:
    """Store the archive's files where this installation keeps them; returns how many. Needs Django to be set up."""
    from qunce.kernel import files

    names = [name for name in archive.manifest.members if name.startswith(FILES)]
    for name in names:
        with archive.member(name) as content:
            files.put_back(name.removeprefix(FILES), content)
    return len(names)
