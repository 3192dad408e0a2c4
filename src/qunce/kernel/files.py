"""Files by content: the same bytes are stored once, wherever Django's storage keeps them."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from qunce.kernel import clock
from qunce.kernel.errors import NotFound
from qunce.kernel.models import StoredFile

LINKS = "files/"
"""Where signed links to files lead, beneath the installation's address."""
LINK_LASTS = timedelta(days=30)
_SALT = "qunce.file"


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


def open_file(sha256: str) -> "File[bytes]":
    """The file's bytes for reading; raises NotFound where they are not stored."""
    if not default_storage.exists(_path(sha256)):
        raise NotFound
    return default_storage.open(_path(sha256))


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
