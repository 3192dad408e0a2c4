"""What a group gets of an item: its parts for a platform, and the addresses in them."""

from django.conf import settings
from django.core import signing
from django.utils.crypto import get_random_string

from qunce.chat.connector import connectors
from qunce.chat.types import Content, Part
from qunce.content import policies
from qunce.content.types import LARGEST_FILE, ItemKind, Ready, Wire
from qunce.kernel import files
from qunce.kernel.errors import NotFound

PAGES = "m/i/"
"""Where addresses of items lead, beneath the installation's own."""
_SALT = "content.item"
_SIGNS = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"  # none that are taken for one another
_LENGTH = 12


def wire_of(platform: str) -> Wire:
    """Which files a platform carries."""
    if (connector := connectors.get(platform)) is None:
        return Wire(platform)
    able = connector.capabilities
    return Wire(connector.title, able.media, able.largest_file)


def token_for(ready: Ready) -> str:
    """A new token for an address of its own; empty where it needs none, or nothing of ours can be opened."""
    return get_random_string(_LENGTH, _SIGNS) if settings.BASE_URL and policies.has_page(ready.document) else ""


def parts_of(ready: Ready, platform: str, *, token: str) -> tuple[Part, ...]:
    """What groups of a platform get of an item; ``token``: of the address under which it is handed on."""
    return policies.handed(
        ready.document,
        wire_of(platform),
        address=f"{settings.BASE_URL}/{PAGES}{token}/" if token else "",
        link=lambda file: files.link(file.sha256, name=file.name),
    )


def composed(ready: Ready) -> Content:
    """What a person begins with who sends an item to groups: its words, with its files. A link stays what it is: the
    broadcast counts who follows it.
    """
    own = ready.document.kind is not ItemKind.LINK and policies.has_page(ready.document)
    every = Wire("", frozenset({"file", "image", "audio", "video"}), LARGEST_FILE)
    address = address_of(ready.item_id) if own else ""
    return Content(policies.handed(ready.document, every, address=address, link=lambda _file: ""))


def address_of(item_id: int) -> str:
    """An address of an item for whoever is given it, whatever the way; empty where nothing of ours can be opened."""
    return f"{settings.BASE_URL}/{PAGES}{address_token(item_id)}/" if settings.BASE_URL else ""


def address_token(item_id: int) -> str:
    """What such an address ends with."""
    return signing.Signer(salt=_SALT).sign(str(item_id))


def addressed(token: str) -> int | None:
    """The item that such an address means; None where it is that of a single use. NotFound where it is not ours."""
    if ":" not in token:
        return None
    try:
        return int(signing.Signer(salt=_SALT).unsign(token))
    except signing.BadSignature as error:
        raise NotFound from error
