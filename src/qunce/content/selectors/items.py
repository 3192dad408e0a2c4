"""Reads of the library: what the team sees, and what is published."""

from django.db.models import Q, QuerySet

from qunce.content.models import Item, ItemVersion
from qunce.content.types import ItemDocument, Openness
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotAllowed, NotFound


def visible_items(
    actor: Actor, permission: Permission = Permission.VIEW, *, archived: bool = False
) -> QuerySet[Item]:
    """Items of communities in which the actor holds ``permission``, the latest changed first, with their community.

    Those that are everybody's are seen by whoever sees any community, and changed by who may do so in all of them.
    """
    found = Item.objects.filter(archived_at__isnull=not archived).select_related("community", "published")
    if not actor.may_anywhere(Permission.VIEW):
        return found.none()
    allowed = actor.communities(permission)
    if allowed is not None:
        everybodys = Q(community=None, pk__isnull=permission is not Permission.VIEW)
        found = found.filter(Q(community__in=allowed) | everybodys)
    return found.order_by("-changed_at", "-pk")


def item(actor: Actor, item_id: int, permission: Permission = Permission.VIEW) -> Item:
    """One of them, archived or not. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = Item.objects.filter(pk=item_id).select_related("community", "published").first()
    if found is None or not _sees(actor, found):
        raise NotFound
    if permission is not Permission.VIEW and not actor.may(permission, found.community_id):
        raise NotAllowed(permission=permission)
    return found


def _sees(actor: Actor, found: Item) -> bool:
    if found.community_id is None:
        return actor.may_anywhere(Permission.VIEW)
    return actor.may(Permission.VIEW, found.community_id)


def document_of(row: Item | ItemVersion) -> ItemDocument:
    """What is written in a draft or a version."""
    return ItemDocument.model_validate(row.document)


def item_by_key(key: str, community_id: int | None) -> Item | None:
    """The published item that a key names in a community: its own, else everybody's. No guard: for what runs."""
    found = Item.objects.filter(Q(community=community_id) | Q(community=None), key=key, published__isnull=False)
    rows = found.filter(archived_at=None).select_related("published").order_by("community_id")
    return rows.first()  # in PostgreSQL's order nothing comes after any number: the community's own is first


def open_items(community_id: int, *, at_least: Openness) -> QuerySet[Item]:
    """What is published for members of a community, or (PUBLIC) for everybody, the latest first. The guard of pages
    of members and of the public site.
    """
    wanted = [Openness.PUBLIC] if at_least is Openness.PUBLIC else [Openness.MEMBERS, Openness.PUBLIC]
    own = Q(community=community_id) | Q(community=None)
    found = Item.objects.filter(own, openness__in=wanted, published__isnull=False, archived_at=None)
    return found.select_related("published").order_by("-published_at", "-pk")
