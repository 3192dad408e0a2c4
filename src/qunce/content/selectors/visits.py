"""The library as members see it: by a link of theirs, or by an address that was handed on in a group."""

from django.db.models import QuerySet

from qunce.content.models import Item, ItemUse
from qunce.content.selectors.handing import addressed
from qunce.content.selectors.items import document_of, matching, open_items
from qunce.content.types import Attached, ItemKind, Openness
from qunce.kernel.errors import NotFound
from qunce.members.selectors import Visit


def library(visit: Visit, *, text: str = "", kind: ItemKind | None = None, tag: str = "") -> QuerySet[Item]:
    """What is published for members of the visitor's community, the latest first."""
    found = matching(open_items(visit.link.community_id, at_least=Openness.MEMBERS), text)
    if kind is not None:
        found = found.filter(published__document__kind=kind)
    return found.filter(published__document__tags__contains=[tag]) if tag else found


def item_in_library(visit: Visit, item_id: int) -> Item:
    """One of them. NotFound otherwise, whatever the reason."""
    found = library(visit).filter(pk=item_id).first()
    if found is None:
        raise NotFound
    return found


def item_at(token: str) -> tuple[Item, ItemUse | None]:
    """The item that an address means which was handed on, and the use it was made for. NotFound where it is not ours,
    or the item is not published for members any more.
    """
    item_id = addressed(token)
    use = None
    if item_id is None:
        use = ItemUse.objects.filter(token=token).first() if token else None
        item_id = use.item_id if use else 0
    found = Item.objects.filter(pk=item_id, published__isnull=False, archived_at=None).exclude(openness=Openness.TEAM)
    row = found.select_related("published", "community").first()
    if row is None:
        raise NotFound
    return row, use


def published_file(row: Item, sha256: str) -> Attached:
    """A file of what is published of an item that the caller may see. NotFound where it has none such."""
    if row.published is not None:
        for file in document_of(row.published).files:
            if file.sha256 == sha256:
                return file
    raise NotFound
