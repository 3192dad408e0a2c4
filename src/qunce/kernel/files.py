"""Files by content: the same bytes are stored once, wherever Django's storage keeps them."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import IO

from django.core.files.base import ContentFile, File
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


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def put(content: bytes | Iterable[bytes], *, name: str, content_type: str) -> StoredFile:
    """Store bytes (or chunks of them); returns the row. The file is there before the row is."""
    body = content if isinstance(content, bytes) else b"".join(content)
    sha256 = hashlib.sha256(body).hexdigest()
    if not default_storage.exists(_path(sha256)):
        default_storage.save(_path(sha256), ContentFile(body))
    stored, _created = StoredFile.objects.get_or_create(
        sha256=sha256,
        defaults={"name": name, "content_type": content_type, "size": len(body), "created_at": clock.now()},
    )
    return stored


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
