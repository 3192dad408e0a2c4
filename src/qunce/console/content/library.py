"""The library: what is in it, filtered; tagging several items; choosing one in a form elsewhere."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST

from qunce.community import selectors as community
from qunce.console import filters
from qunce.console.content import words
from qunce.console.content.form import tags_in
from qunce.console.content.tabs import TABS
from qunce.console.context import StaffRequest
from qunce.console.filters import Asked, Pick
from qunce.content import actions, selectors
from qunce.content.selectors import Item, Rating
from qunce.content.types import ItemFilter, ItemKind, ItemState, Openness
from qunce.kernel import paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.htmx import go, page

OFFERED = 30
COUNTED = 500
"""Up to here items are counted; beyond, the page says that there are more."""


@dataclass(frozen=True, slots=True)
class Row:
    """An item in the list."""

    item: Item
    kind: object
    icon: str
    state: tuple[str, object]
    openness: object
    uses: int
    rating: Rating | None
    may_change: bool


def library(request: StaffRequest) -> HttpResponse:
    """The items that this person may see, filtered by the address."""
    wanted = wanted_from(request)
    found = selectors.find_items(request.actor, wanted)
    shown = paging.by_key(found, key=("changed_at", "id"), cursor=request.GET.get("cursor", ""))
    restricts = wanted != ItemFilter(archived=wanted.archived)
    total = found[: COUNTED + 1].count()
    context = {
        "tabs": TABS,
        "here": "library",
        "wanted": wanted,
        "page": shown,
        "rows": _rows(request.actor, list(shown.items)),
        "heading": _heading(total, wanted, restricts=restricts),
        "picks": _picks(request.actor, wanted),
        "restricts": restricts,
        "any": bool(shown.items) or restricts,
        "may_write": request.actor.may_anywhere(Permission.OPERATE),
        "starts": [(kind, words.ICONS[kind], words.KINDS[kind], words.MEANT[kind]) for kind in ItemKind],
    }
    return page(request, "console/content/library.html", context, piece="console/content/list.html")


def wanted_from(request: StaffRequest) -> ItemFilter:
    """The filter in the address; what makes no sense there does not restrict."""
    asked = Asked(request.GET)
    named = {kind.value: kind for kind in ItemKind}, {each.value: each for each in Openness}
    return ItemFilter(
        text=asked.text("q"),
        kind=named[0].get(asked.text("kind")),
        tag=asked.text("tag"),
        community_id=asked.number("community"),
        openness=named[1].get(asked.text("openness")),
        state={each.value: each for each in ItemState}.get(asked.text("state")),
        archived=asked.text("show") == "archived",
    )


def _heading(total: int, wanted: ItemFilter, *, restricts: bool) -> str:
    if wanted.archived:
        return _("What was put away")
    if not total and not restricts:
        return _("The library is empty")
    if total > COUNTED:
        return _("More than %(count)d items") % {"count": COUNTED}
    if restricts:
        return ngettext("%(count)d item matches", "%(count)d items match", total) % {"count": total}
    return ngettext("%(count)d item in the library", "%(count)d items in the library", total) % {"count": total}


def _picks(actor: Actor, wanted: ItemFilter) -> list[Pick]:
    places = community.visible_communities(actor)
    return [
        Pick("kind", pgettext("of an item", "Kind"), words.KINDS.items, wanted.kind),
        filters.by_tag(selectors.tags(actor), wanted.tag),
        Pick(
            "community",
            _("Belongs to"),
            lambda: [(0, _("Every community")), *places.values_list("pk", "name")],
            wanted.community_id,
            least=3,
        ),
        Pick("openness", _("Who may read it"), words.OPENNESS.items, wanted.openness),
        Pick("state", _("State"), lambda: [(key, label) for key, (_t, label) in words.STATES.items()], wanted.state),
    ]


def _rows(actor: Actor, items: list[Item]) -> list[Row]:
    keys = [row.pk for row in items]
    uses, rated = selectors.used_often(keys), selectors.ratings(keys)
    return [
        Row(
            row,
            words.KINDS[row.kind],
            words.ICONS[row.kind],
            words.STATES[selectors.state_of(row)],
            words.OPENNESS[row.openness],
            uses.get(row.pk, 0),
            rated.get(row.pk),
            actor.may(Permission.OPERATE, row.community_id),
        )
        for row in items
    ]


@require_POST
def tag_items(request: StaffRequest) -> HttpResponse:
    """``ids``, ``tags``, ``do``: put tags on the chosen items, or take them off."""
    ids = [int(key) for key in request.POST.getlist("ids") if key.isdecimal()]
    tags = tags_in(request.POST.get("tags", ""))
    if not ids or not tags:
        messages.error(request, _("Choose at least one item, and write a tag."))
        return go(request, "console:library")
    taking = request.POST.get("do") == "remove"
    try:
        changed = actions.tag_items(
            actor=request.actor, item_ids=ids, add=() if taking else tags, remove=tags if taking else ()
        )
    except Invalid as error:
        messages.error(request, str(error))
    else:
        said = ngettext(
            "The tags of %(count)d item are changed.", "The tags of %(count)d items are changed.", changed
        )
        messages.success(request, said % {"count": changed})
    return go(request, "console:library")


def offer(request: StaffRequest) -> HttpResponse:
    """``?find=``: items to choose from, as options of a list; ``?by=key``: named by their keys."""
    found = selectors.find_items(request.actor, ItemFilter(text=request.GET.get("find", "").strip()))[:OFFERED]
    context = {"choices": choices(found), "by": request.GET.get("by", "")}
    return render(request, "console/content/offer.html", context)


def choices(items: object) -> list[tuple[Item, object, str]]:
    """Items as one chooses among them: with their kind, and why they are handed on to nobody, if so."""
    return [
        (row, words.KINDS[row.kind], _(why) if (why := selectors.why_not_ready(row)) else "")
        for row in items  # type: ignore[attr-defined]
    ]


urlpatterns = [
    path("content/", library, name="library"),
    path("content/tag/", tag_items, name="items_tag"),
    path("content/offer/", offer, name="item_offer"),
]
