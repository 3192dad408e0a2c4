"""Files that a form carries from page to page until it is saved: stored already, and signed."""

import json
from collections.abc import Sequence

from django import forms
from django.core import signing
from django.utils.translation import gettext as _

from qunce.content.types import Attached
from qunce.kernel.errors import Invalid

_SALT = "console.attached"
MOST_PICKED = 20


class Files(forms.FileInput):
    """Several at once."""

    allow_multiple_selected = True


def kept(attached: Attached) -> str:
    """A stored file as a form carries it: signed, so that nobody names a file that was not handed to him."""
    values = [attached.sha256, attached.name, attached.content_type, attached.size, attached.kind]
    return signing.dumps(values, salt=_SALT)


def carried(tokens: Sequence[str]) -> tuple[Attached, ...]:
    """The files that a form carries. Raises Invalid where one is not ours."""
    try:
        return tuple(Attached(*signing.loads(token, salt=_SALT)) for token in tokens)
    except signing.BadSignature as error:
        raise Invalid(_("A file has got lost on the way."), fix=_("Add it again."), field="uploads") from error


def just_picked(written: str) -> list[Attached]:
    """Files that the browser has chosen and not sent yet, by name and size, for the preview."""
    try:
        named = [
            (str(each["name"])[:120], int(each["size"]), str(each["kind"])) for each in json.loads(written or "[]")
        ]
    except (ValueError, TypeError, KeyError):
        return []
    return [Attached("", name, "", size, kind) for name, size, kind in named[:MOST_PICKED]]
