"""Files of items and of answers."""

import mimetypes
from collections.abc import Iterable

from django.utils.translation import gettext as _

from qunce.community.policies import one_line
from qunce.content.types import LARGEST_FILE, Attached
from qunce.kernel import files
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotAllowed

LONGEST_NAME = 120
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_HEARD_AND_SEEN = ("audio/", "video/")


def take_file(*, actor: Actor, name: str, content: Iterable[bytes]) -> Attached:
    """Store a file; the item or rule that names it is a change of its own. For operators of any place.

    What the sender says of its type is not believed: pictures are known by their bytes, sounds and films by the
    name's ending, and everything else is a file. Raises Invalid where it is empty or too large.
    """
    if not actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed
    named = _safe(name)
    body = bytearray()
    for chunk in content:
        body += chunk
        if len(body) > LARGEST_FILE:
            raise Invalid(
                _("The file “%(name)s” is too large.") % {"name": named},
                fix=_("At most %(size)d MB are sent; put it somewhere else, and give its address.")
                % {"size": LARGEST_FILE >> 20},
                field="uploads",
            )
    if not body:
        raise Invalid(_("The file “%(name)s” is empty.") % {"name": named}, field="uploads")
    content_type = _type(bytes(body), named)
    stored = files.put(bytes(body), name=named, content_type=content_type)
    family = content_type.partition("/")[0]
    kind = family if family == "image" or content_type.startswith(_HEARD_AND_SEEN) else "file"
    return Attached(stored.sha256, named, content_type, stored.size, kind)


def keep_file(file: Attached, body: bytes) -> None:
    """Store the bytes of a file that comes with what names it; its type is what the bytes say, not what is told."""
    files.put(body, name=_safe(file.name), content_type=_type(body, _safe(file.name)))


def _safe(name: str) -> str:
    """The last part of a path, on one line, short enough; its ending stays."""
    last = one_line(name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    last = "".join(each for each in last if each.isprintable() and each not in '<>:"|?*') or "file"
    stem, dot, ending = last.rpartition(".")
    return last if len(last) <= LONGEST_NAME else f"{(stem or last)[: LONGEST_NAME - 12]}{dot}{ending[:10]}"


def _type(body: bytes, name: str) -> str:
    if picture := next((kind for start, kind in _PICTURES if body.startswith(start)), None):
        return picture
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # What a browser would run or draw as a page is handed on as bytes.
    harmless = guessed.startswith(_HEARD_AND_SEEN) or guessed.startswith("application/") or guessed == "text/plain"
    return guessed if harmless and guessed != "application/xhtml+xml" else "application/octet-stream"
