"""Public sites of communities: what anybody may read. Only what is published for everybody leaves these reads."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from qunce.community import selectors as community
from qunce.content.models import Item
from qunce.content.models import Site as Site  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.content.selectors.items import open_items
from qunce.content.types import Attached, ItemDocument, Openness
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound

LONGEST_SEARCH = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """A published item as its readers get it: the version, never the draft."""

    item: Item
    document: ItemDocument
    version: int
    at: datetime
    changed_at: datetime


def site_of(community_id: int) -> Site | None:
    """A community's site, switched on or not. No guard: for what runs."""
    return Site.objects.filter(pk=community_id).select_related("community").first()


def site(actor: Actor, community_id: int) -> Site | None:
    """The same, for whoever may see the community."""
    community.community(actor, community_id, Permission.VIEW)
    return site_of(community_id)


def open_sites() -> list[Site]:
    """Those that are switched on, by the name of their community."""
    return list(_open().order_by("community__name"))


def open_site(slug: str) -> Site:
    """One of them. NotFound where there is none of that name, or it is switched off."""
    found = _open().filter(slug=slug).first()
    if found is None:
        raise NotFound
    return found


def _open() -> QuerySet[Site]:
    return Site.objects.filter(enabled=True, community__archived_at=None).select_related("community")


def entries(site: Site, *, tag: str = "", text: str = "") -> QuerySet[Item]:
    """What a site shows, the latest first; of it what has a tag, or words in it."""
    found = open_items(site.community_id, at_least=Openness.PUBLIC)
    if tag:
        found = found.filter(published__document__tags__contains=[tag])
    return _saying(found, text)


def _saying(found: QuerySet[Item], text: str) -> QuerySet[Item]:
    """Those in which all of the words are, in what is published of them."""
    for word in text[:LONGEST_SEARCH].split():
        said = Q(published__document__title__icontains=word) | Q(published__document__body__icontains=word)
        found = found.filter(
            said | Q(published__document__summary__icontains=word) | Q(published__document__author__icontains=word)
        )
    return found


def entry(site: Site, key: str) -> Entry:
    """One of them. NotFound otherwise, whatever the reason."""
    found = entries(site).filter(key=key).order_by("community_id").first()
    if found is None:
        raise NotFound
    return entry_of(found)


def entry_of(item: Item) -> Entry:
    """A published item with what is published of it."""
    version = item.published
    if version is None or item.published_at is None:
        raise NotFound
    document = ItemDocument.model_validate(version.document)
    return Entry(item, document, version.number, item.published_at, version.published_at)


def tags(site: Site, most: int = 30) -> list[str]:
    """The tags of what a site shows, the more frequent first."""
    times: dict[str, int] = {}
    for found in entries(site).values_list("published__document__tags", flat=True)[:500]:
        for tag in found or ():
            times[tag] = times.get(tag, 0) + 1
    return sorted(times, key=lambda tag: (-times[tag], tag))[:most]


def file_of(found: Entry, sha256: str) -> Attached:
    """A picture or file of what is published. NotFound where it is none of it."""
    file = next((each for each in found.document.files if each.sha256 == sha256), None)
    if file is None:
        raise NotFound
    return file
