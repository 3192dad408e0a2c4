"""Reads of the library: what the team sees, and what is published."""

from collections.abc import Collection
from itertools import count
from typing import cast

from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_noop

from qunce.content import policies
from qunce.content.models import Item, ItemVersion
from qunce.content.types import Attached, ItemDocument, ItemFilter, ItemState, Openness, Ready
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotAllowed, NotFound
from qunce.members.policies import fold as folded

MOST_WORDS = 6
"""Of a search; further ones are not looked at."""
ARCHIVED = gettext_noop("It is put away.")
NOT_PUBLISHED = gettext_noop("It is not published.")
DOWN = gettext_noop("It was taken down.")
FOR_THE_TEAM = gettext_noop("It is for the team alone.")


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


# ------------------------------------------------------------------ the team's list
def find_items(actor: Actor, wanted: ItemFilter, permission: Permission = Permission.VIEW) -> QuerySet[Item]:
    """The items that the filter describes, the latest changed first."""
    found = visible_items(actor, permission, archived=wanted.archived)
    found = matching(found, wanted.text)
    if wanted.community_id is not None:
        found = found.filter(community=wanted.community_id or None)
    if wanted.tag:
        found = found.filter(tags__contains=[wanted.tag])
    if wanted.state:
        found = found.filter(_STATES[wanted.state])
    limits = {"kind": wanted.kind, "openness": wanted.openness}
    return found.filter(**{name: limit for name, limit in limits.items() if limit is not None})


_STATES = {
    ItemState.DRAFT: Q(published=None, taken_down_at=None),
    ItemState.DOWN: Q(published=None, taken_down_at__isnull=False),
    ItemState.PUBLISHED: Q(published__isnull=False, published__document=F("document")),
    ItemState.CHANGED: Q(published__isnull=False) & ~Q(published__document=F("document")),
}


def state_of(row: Item) -> ItemState:
    """How an item stands."""
    if row.published is None:
        return ItemState.DRAFT if row.taken_down_at is None else ItemState.DOWN
    return ItemState.PUBLISHED if row.published.document == row.document else ItemState.CHANGED


def matching(found: QuerySet[Item], text: str) -> QuerySet[Item]:
    """Those in which every word of the text is found: as it is written, as it sounds or by initials."""
    keys = Func(F("words"), Value("\n"), function="array_to_string", output_field=TextField())
    found = found.alias(found_by=Concat(Value("\n"), keys, output_field=TextField()))
    for word in text.split()[:MOST_WORDS]:
        begins = Q(found_by__contains="\n" + folded(word))
        found = found.filter(begins | Q(title__icontains=word) | Q(document__summary__icontains=word))
    return found


def tags(actor: Actor) -> list[str]:
    """The tags of all items that the actor sees, sorted."""
    rows = visible_items(actor).order_by().values_list("tags", flat=True)
    return sorted({tag for row in rows for tag in row})


def items_named(item_ids: Collection[int]) -> dict[int, Item]:
    """Items by id, archived or not, with what is published of them. No guard: for callers that have asked."""
    return Item.objects.select_related("published").in_bulk(list(item_ids)) if item_ids else {}


def free_key(wished: str, community_id: int | None) -> str:
    """A key like the one that is wished, with a number where that is taken."""
    stem = policies.key_from(wished)
    taken = set(Item.objects.filter(community=community_id, key__startswith=stem).values_list("key", flat=True))
    return stem if stem not in taken else next(key for n in count(2) if (key := f"{stem}-{n}") not in taken)


def version(row: Item, number: int) -> ItemVersion:
    """One of an item's versions. NotFound where there is none of that number."""
    found = row.versions.filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def item_file(row: Item, sha256: str) -> Attached:
    """A file of an item that the caller may see: of its draft, or of any version. NotFound where it has none such."""
    for document in (row.document, *row.versions.values_list("document", flat=True)):
        for file in ItemDocument.model_validate(document).files:
            if file.sha256 == sha256:
                return file
    raise NotFound


# ------------------------------------------------------------------ what may be handed on
def ready(item_ids: Collection[int]) -> dict[int, Ready]:
    """Those of the items that are published for members or everybody, by id. No guard: for what runs."""
    return {row.pk: _ready(row) for row in _leaving().filter(pk__in=list(item_ids))} if item_ids else {}


def ready_by_key(wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Ready]:
    """The same by key, for groups of a community: its own, else everybody's. No guard: for what runs."""
    if not wanted:
        return {}
    rows = _leaving().filter(key__in={key for key, _home in wanted})
    found = {(row.key, row.community_id): row for row in rows}
    pairs = {pair: found.get(pair) or found.get((pair[0], None)) for pair in wanted}
    return {pair: _ready(row) for pair, row in pairs.items() if row is not None}


def _leaving() -> QuerySet[Item]:
    open_ = Item.objects.filter(published__isnull=False, archived_at=None).exclude(openness=Openness.TEAM)
    return open_.select_related("published")


def _ready(row: Item) -> Ready:
    version = cast("ItemVersion", row.published)
    return Ready(row.pk, version.pk, row.community_id, document_of(version))


def why_not_ready(row: Item) -> str:
    """Why an item is handed on to nobody (a message id); empty: it is."""
    if row.archived_at is not None:
        return ARCHIVED
    if row.published_id is None:
        return NOT_PUBLISHED if row.taken_down_at is None else DOWN
    return FOR_THE_TEAM if row.openness == Openness.TEAM else ""
