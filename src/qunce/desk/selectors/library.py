"""What rules hand on from the library, and whether they may."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from qunce.content import selectors as content
from qunce.content.selectors import Item
from qunce.content.types import ItemFilter
from qunce.desk.models import KeywordRule
from qunce.desk.selectors.places import visible
from qunce.desk.types import RuleDraft
from qunce.kernel.actor import Actor
from qunce.kernel.errors import Invalid, NotFound


def items_in(item_ids: Iterable[int | None]) -> dict[int | None, tuple[Item, str]]:
    """Items that rules of the caller's name, by id, each with why it does not go along (a message id), if so."""
    found = content.items_named({key for key in item_ids if key is not None})
    return {key: (row, content.why_not_ready(row)) for key, row in found.items()}


def item_of(actor: Actor, item_id: int | None) -> Item | None:
    """The item that a form names, as far as the actor may see it."""
    try:
        return content.item(actor, item_id) if item_id else None
    except NotFound:
        return None


def items_for(actor: Actor, text: str) -> QuerySet[Item]:
    """The items to choose from that a text finds."""
    return content.find_items(actor, ItemFilter(text=text))


def require_item(actor: Actor, draft: RuleDraft, community_id: int | None, kept: int | None = None) -> None:
    """Raise Invalid unless the draft's item is there for every group in which the rule counts.

    ``community_id``: where the rule counts; None: not in one community alone. ``kept``: what the rule has already.
    """
    if draft.item_id is None:
        return
    row = item_of(actor, draft.item_id)
    if row is None or (row.archived_at is not None and row.pk != kept):
        raise Invalid(_("This item is not in the library any more."), fix=_("Choose another one."), field="item")
    if row.community_id not in {None, community_id}:
        raise Invalid(
            _("“%(title)s” belongs to one community, and the rule counts beyond it.") % {"title": row.title},
            fix=_("Let the rule count in that community, or choose an item of all communities."),
            field="item",
        )


def rules_with(actor: Actor, item_id: int) -> QuerySet[KeywordRule]:
    """The rules that hand an item on and that the actor may see, the latest first."""
    return visible(actor, KeywordRule.objects.filter(Q(item_id=item_id), deleted_at=None)).order_by("-pk")
