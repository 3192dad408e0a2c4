"""Our own files as answers: pictures are shown, everything else is saved. What a file claims to be runs nothing."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from qunce.chat.types import OURS, Media
from qunce.kernel import files
from qunce.kernel.errors import NotFound

SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic"})


def picture_of(sha256: str, content_type: str, name: str = "") -> HttpResponse:
    """A stored picture under its type, so that a phone's own menu offers to save it; other files as a download."""
    with files.open_file(sha256) as opened:
        content = opened.read()
    shown = content_type in SHOWN
    response = HttpResponse(content, content_type=content_type if shown else "application/octet-stream")
    response["Cache-Control"] = "private, max-age=3600"
    if header := content_disposition_header(not shown, name):
        response["Content-Disposition"] = header
    return response


def file_of(media: Media) -> HttpResponse:
    """One of our own files in a message; NotFound for what only its platform can show."""
    if not media.ref.startswith(OURS):
        raise NotFound
    return picture_of(media.ref.removeprefix(OURS), media.content_type, media.name)
