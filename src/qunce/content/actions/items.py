"""Every change of the library: writing, publishing, taking down.

Who operates a community writes and publishes what is its own; what is everybody's, who operates all communities. What
is published for everybody on the site needs a lead.
"""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.content import policies
from qunce.content.models import Item, ItemVersion
from qunce.content.policies import Lack
from qunce.content.selectors import items as reads
from qunce.content.types import LONGEST_TITLE, MOST_TAGS, ItemDocument, Openness
from qunce.kernel import audit, clock, live, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.members.policies import search_keys

TOPIC = "content"
"""Live topic of the library."""
SCOPE = "items"
"""Revision of what may be handed on."""
LONGEST_REASON = 1000


@transaction.atomic
def create_item(
    *,
    actor: Actor,
    document: ItemDocument,
    key: str,
    community_id: int | None = None,
    openness: Openness = Openness.TEAM,
    origin: str = "",
) -> Item:
    """Begin an item as a draft. Raises Conflict where the key is taken.

    ``key``: letters of any script, digits, ``-`` and ``_``. ``origin``: what it is made from.
    """
    if community_id is None:
        actor.require(Permission.OPERATE)
    else:
        community.community(actor, community_id, Permission.OPERATE)
    _require_key(key, community_id)
    now = clock.now()
    row = Item(
        community_id=community_id, openness=openness, origin=origin, created_by_name=actor.name, created_at=now
    )
    _write(row, document, key)
    row.save()
    _note(actor, row, "item.created", gettext_noop("%(actor)s began “%(title)s” in the library."))
    return row


@transaction.atomic
def change_item(
    *, actor: Actor, item_id: int, edition: int, document: ItemDocument, key: str, openness: Openness
) -> Item:
    """Write the draft anew; what is published stays as it is until it is published again.

    ``edition``: which one was seen; Conflict where somebody has changed it since. Who may read it counts at once.
    """
    row = _locked(actor, item_id)
    if row.edition != edition:
        raise Conflict(
            _("Somebody changed this item after you opened it; nothing of yours was saved."),
            fix=_("Compare yours with the item as it is now; saving again replaces that."),
        )
    if key != row.key:
        _require_key(key, row.community_id)
    if openness is Openness.PUBLIC and row.openness != openness and row.published_id:
        actor.require(Permission.LEAD, row.community_id)
    before = (row.document, row.key, row.openness)
    _write(row, document, key)
    row.openness = openness
    if (row.document, row.key, row.openness) != before:
        row.edition += 1
        row.save()
        if row.openness != before[2]:
            revisions.bump(SCOPE)
        _note(actor, row, "item.changed", gettext_noop("%(actor)s changed “%(title)s” in the library."))
    return row


@transaction.atomic
def publish_item(*, actor: Actor, item_id: int, edition: int) -> ItemVersion:
    """Let those who may read it get the draft as it is, as a version that never changes. Twice makes one version.

    ``edition``: which one was seen. What everybody reads on the site is published by a lead.
    """
    row = _locked(actor, item_id)
    if row.edition != edition:
        raise Conflict(
            _("Somebody changed this item after you opened it; it was not published."),
            fix=_("Look at it as it is now, and publish that."),
        )
    if row.openness == Openness.PUBLIC:
        actor.require(Permission.LEAD, row.community_id)
    _require_whole(reads.document_of(row))
    last = row.versions.order_by("-number").first()
    if last is None or last.document != row.document:
        last = ItemVersion.objects.create(
            item=row,
            number=last.number + 1 if last else 1,
            document=row.document,
            published_by=actor.id,
            published_by_name=actor.name,
            published_at=clock.now(),
        )
    elif row.published_id == last.pk:
        return last
    row.published, row.taken_down_at, row.taken_down_why = last, None, ""
    row.published_at = row.published_at or last.published_at
    row.save(update_fields=["published", "published_at", "taken_down_at", "taken_down_why"])
    revisions.bump(SCOPE)
    _note(actor, row, "item.published", gettext_noop("%(actor)s published “%(title)s”."))
    return last


@transaction.atomic
def take_down_item(*, actor: Actor, item_id: int, reason: str) -> Item:
    """Let nobody but the team get it from now on; it can be published again."""
    row = _locked(actor, item_id)
    row.published, row.published_at = None, None
    row.taken_down_at, row.taken_down_why = clock.now(), reason.strip()[:LONGEST_REASON]
    row.save(update_fields=["published", "published_at", "taken_down_at", "taken_down_why"])
    revisions.bump(SCOPE)
    _note(actor, row, "item.taken_down", gettext_noop("%(actor)s took “%(title)s” down."))
    return row


@transaction.atomic
def archive_item(*, actor: Actor, item_id: int) -> Item:
    """Put an item away: nobody gets it, no list shows it. `restore_item` undoes it."""
    row = _locked(actor, item_id)
    if row.archived_at is None:
        _archive(actor, row, gettext_noop("%(actor)s put “%(title)s” of the library away."), away=True)
    return row


@transaction.atomic
def restore_item(*, actor: Actor, item_id: int) -> Item:
    """Undo that: it is as it was, published where it was published."""
    row = _locked(actor, item_id)
    if row.archived_at is not None:
        _archive(actor, row, gettext_noop("%(actor)s brought “%(title)s” back into the library."), away=False)
    return row


def _archive(actor: Actor, row: Item, sentence: str, *, away: bool) -> None:
    row.archived_at = clock.now() if away else None
    row.save(update_fields=["archived_at"])
    revisions.bump(SCOPE)
    _note(actor, row, "item.archived" if away else "item.restored", sentence)


@transaction.atomic
def duplicate_item(*, actor: Actor, item_id: int) -> Item:
    """Begin a new draft of the team's with what an item says."""
    row = reads.item(actor, item_id, Permission.OPERATE)
    document = reads.document_of(row)
    title = _("%(title)s (copy)") % {"title": document.title}
    document = document.model_copy(update={"title": title[:LONGEST_TITLE]})
    key = reads.free_key(row.key, row.community_id)
    return create_item(actor=actor, document=document, key=key, community_id=row.community_id)


@transaction.atomic
def open_to(*, actor: Actor, item_id: int, openness: Openness) -> Item:
    """Say who may read an item; counts at once. What everybody reads on the site is for a lead to say."""
    row = _locked(actor, item_id)
    return change_item(
        actor=actor,
        item_id=item_id,
        edition=row.edition,
        document=reads.document_of(row),
        key=row.key,
        openness=openness,
    )


@transaction.atomic
def tag_items(
    *, actor: Actor, item_ids: Collection[int], add: Collection[str] = (), remove: Collection[str] = ()
) -> int:
    """Put tags on items and take tags off; returns how many are different. All of them, or none where one may not be
    changed.
    """
    changed = 0
    for item_id in sorted(set(item_ids)):
        row = _locked(actor, item_id)
        document = reads.document_of(row)
        tags = tuple(dict.fromkeys([*(tag for tag in document.tags if tag not in remove), *add]))
        if len(tags) > MOST_TAGS:
            raise Invalid(
                _("“%(title)s” would have too many tags.") % {"title": row.title},
                fix=_("At most %(most)d each.") % {"most": MOST_TAGS},
                field="tags",
            )
        if tags != document.tags:
            _write(row, document.model_copy(update={"tags": tags}), row.key)
            row.edition += 1
            row.save()
            _note(actor, row, "item.tagged", gettext_noop("%(actor)s changed the tags of “%(title)s”."))
            changed += 1
    return changed


def _locked(actor: Actor, item_id: int) -> Item:
    reads.item(actor, item_id, Permission.OPERATE)
    return locks.row(Item, item_id)


def _require_whole(document: ItemDocument) -> None:
    if lacks := policies.lacking(document):
        sentence, field = _LACKS[lacks[0]]
        raise Invalid(_(sentence), fix=_("Add it to the draft, then publish."), field=field)


_LACKS = {
    Lack.BODY: (gettext_noop("There is no text yet."), "body"),
    Lack.URL: (gettext_noop("There is no address yet."), "url"),
    Lack.FILE: (gettext_noop("There is no file yet."), "uploads"),
    Lack.PICTURE: (gettext_noop("There is no picture yet."), "uploads"),
    Lack.QUESTION: (gettext_noop("There is no question yet."), "question"),
    Lack.OPTIONS: (gettext_noop("There are fewer than two answers to choose from."), "options"),
    Lack.RIGHT: (gettext_noop("No answer is marked as right."), "options"),
}


def _require_key(key: str, community_id: int | None) -> None:
    if not policies.is_key(key):
        raise Invalid(
            _("“%(key)s” is no name for an address.") % {"key": key},
            fix=_("Use letters, digits, - and _ only, at most 80."),
            field="key",
        )
    if Item.objects.filter(community=community_id, key=key).exists():
        raise Conflict(_("There is another item called “%(key)s”.") % {"key": key}, fix=_("Choose another name."))


def _write(row: Item, document: ItemDocument, key: str) -> None:
    row.document, row.key = document.model_dump(mode="json"), key
    row.kind, row.title, row.tags = document.kind, document.title, list(document.tags)
    row.words = sorted(search_keys([document.title, document.author, *document.tags], [key]))
    row.changed_at = clock.now()


def _note(actor: Actor, row: Item, action: str, sentence: str) -> None:
    audit.record(actor, action, sentence, community_id=row.community_id, about=("item", row.pk), title=row.title)
    live.touch(TOPIC)
