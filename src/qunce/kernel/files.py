"""Files by content: the same bytes are stored once, wherever Django's storage keeps them."""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import IO

from django.conf import settings
from django.core import signing
from django.core.files.base import File
from django.core.files.storage import default_storage

from qunce.kernel import clock
from qunce.kernel.errors import NotFound
from qunce.kernel.models import StoredFile

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types of files that a browser shows and cannot be led astray by."""
_MAGIC = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}


def is_picture(content: bytes, content_type: str) -> bool:
    """Whether bytes are what a picture's type says, as far as their beginning tells."""
    return content.startswith(_MAGIC.get(content_type, ())) if content_type in PICTURES else False


_IN_MEMORY = 2**20
LINKS = "files/"
"""Where signed links to files lead, beneath the installation's address."""
LINK_LASTS = timedelta(days=30)
_SALT = "qunce.file"


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def put(content: bytes | Iterable[bytes], *, name: str, content_type: str) -> StoredFile:
    """Store bytes (or chunks of them, however many); returns the row. The file is there before the row is."""
    digest, size = hashlib.sha256(), 0
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
        for chunk in [content] if isinstance(content, bytes) else content:
            digest.update(chunk)
            size += body.write(chunk)
        body.seek(0)
        sha256 = digest.hexdigest()
        if not default_storage.exists(_path(sha256)):
            default_storage.save(_path(sha256), File(body, name=sha256))
    stored, _created = StoredFile.objects.get_or_create(
        sha256=sha256,
        defaults={"name": name, "content_type": content_type, "size": size, "created_at": clock.now()},
    )
    return stored


def remove(sha256: str) -> None:
    """Forget a file, for good. Only for those of whose bytes it is known that nothing else refers to them."""
    StoredFile.objects.filter(pk=sha256).delete()
    default_storage.delete(_path(sha256))


@contextmanager
def on_disk(sha256: str, *, name: str) -> Iterator[Path]:
    """The file under its own name, for what reads paths; gone after the block. Raises NotFound."""
    with TemporaryDirectory(prefix="qunce-") as folder, open_file(sha256) as file:
        path = Path(folder) / (Path(name).name or sha256)
        try:
            path.symlink_to(default_storage.path(_path(sha256)))
        except NotImplementedError:  # it is kept on another machine
            with path.open("wb") as copy:
                shutil.copyfileobj(file, copy)
        yield path


def stored(sha256: str) -> StoredFile:
    """A file's row; raises NotFound."""
    found = StoredFile.objects.filter(pk=sha256).first()
    if found is None:
        raise NotFound
    return found


def open_file(sha256: str) -> "File[bytes]":
    """The file's bytes for reading; raises NotFound where they are not stored."""
    if not default_storage.exists(_path(sha256)):
        raise NotFound
    return default_storage.open(_path(sha256))


def every_file() -> Iterator[StoredFile]:
    """All files, for backups."""
    return StoredFile.objects.order_by("sha256").iterator()


def put_back(sha256: str, content: IO[bytes]) -> None:
    """Store the bytes of a file whose row is there already, from a backup."""
    if not default_storage.exists(_path(sha256)):
        default_storage.save(_path(sha256), File(content))


def is_stored(sha256: str) -> bool:
    """Whether the file's bytes are here."""
    return StoredFile.objects.filter(pk=sha256).exists()


def link(sha256: str, *, name: str) -> str:
    """An address by which anybody who has it gets the file under that name, for `LINK_LASTS`.

    Empty where this installation has no public address.
    """
    if not settings.BASE_URL:
        return ""
    return f"{settings.BASE_URL}/{LINKS}{signing.dumps([sha256, name], salt=_SALT)}/"


def linked(token: str) -> tuple[str, str]:
    """The file and its name that a link means. NotFound where it is not ours or too old."""
    try:
        sha256, name = signing.loads(token, salt=_SALT, max_age=LINK_LASTS)
    except signing.BadSignature as error:
        raise NotFound from error
    return sha256, name
