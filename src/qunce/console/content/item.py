"""One item: what it says, where it was used, what members think of it; writing, publishing, taking down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.chat import selectors as chat
from qunce.chat.selectors import Fate
from qunce.community import selectors as community
from qunce.console.content import words
from qunce.console.content.form import ItemForm, filled
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.content import actions, policies, selectors
from qunce.content.selectors import Item
from qunce.content.types import ItemDocument, ItemKind, Openness
from qunce.desk import selectors as desk
from qunce.kernel.actor import Permission
from qunce.kernel.errors import NotAllowed, QunceError
from qunce.kernel.htmx import go
from qunce.kernel.http import stored_file
from qunce.members import selectors as members

MOST_RULES = 8


# ---------------------------------------------------------------- looking at it
@dataclass(frozen=True, slots=True)
class UseLine:
    """One use of an item, with the names of what it refers to."""

    use: Any
    way: object
    group: str
    who: Any
    fate: Fate | None


def item(request: StaffRequest, item_id: int) -> HttpResponse:
    """The item as members see it, and beside it how it stands."""
    row = selectors.item(request.actor, item_id)
    document, state = selectors.document_of(row), selectors.state_of(row)
    counted = selectors.counts(row)
    uses = selectors.uses_of(row, cursor=request.GET.get("cursor", ""))
    context = {
        "item": row,
        "document": document,
        "body": shown(row, document),
        "files": [(file, file.kind == "image" and f"]({file.name})" not in document.body) for file in document.files],
        "kind": words.KINDS[row.kind],
        "icon": words.ICONS[row.kind],
        "state": words.STATES[state],
        "is_changed": state == "changed",
        "openness": list(words.OPENNESS.items()),
        "why_not": selectors.why_not_ready(row),
        "counted": [(words.WAYS[each.way], each) for each in counted],
        "chart": words.weekly(selectors.weeks(row)),
        "uses": uses,
        "lines": _lines(request, uses.items),
        "rating": selectors.ratings([row.pk]).get(row.pk),
        "starred": selectors.starred(row),
        "rules": list(desk.rules_with(request.actor, row.pk)[:MOST_RULES]),
        "versions": list(row.versions.order_by("-number")[:20]),
        "may_change": request.actor.may(Permission.OPERATE, row.community_id) and row.archived_at is None,
        "may_restore": request.actor.may(Permission.OPERATE, row.community_id),
        "may_send": request.actor.may_anywhere(Permission.OPERATE),
    }
    return render(request, "console/content/item.html", context)


def shown(row: Item, document: ItemDocument) -> SafeString:
    """The text as safe HTML, with the item's own pictures."""
    pictures = {
        file.name: reverse("console:item_file", args=[row.pk, file.sha256])
        for file in document.files
        if file.kind == "image"
    }
    return mark_safe(policies.rendered(document.body, pictures))  # noqa: S308 (cleaned by `rendered`)


def _lines(request: StaffRequest, uses: Sequence[Any]) -> list[UseLine]:
    groups = {
        each.pk: each.name or each.external_id
        for each in community.visible_groups(request.actor).filter(pk__in={use.group_id for use in uses})
    }
    people = members.who({use.identity_id for use in uses if use.identity_id and use.group_id in groups})
    fates = chat.fates([use.key for use in uses if use.group_id])
    return [
        UseLine(
            use,
            words.WAYS.get(use.way, use.way),
            groups.get(use.group_id, ""),
            people.get(use.identity_id),
            fates.get(use.key),
        )
        for use in uses
    ]


def file(request: StaffRequest, item_id: int, sha256: str) -> HttpResponse:
    """A file of an item that this person may see."""
    found = selectors.item_file(selectors.item(request.actor, item_id), sha256)
    return stored_file(sha256, name=found.name, content_type=found.content_type)


def version(request: StaffRequest, item_id: int, number: int) -> HttpResponse:
    """A version, and how another one (``?with=``) or the draft differs from it."""
    row = selectors.item(request.actor, item_id)
    one = selectors.version(row, number)
    other = request.GET.get("with", "")
    later = selectors.version(row, int(other)) if other.isdecimal() else None
    texts = [words.as_text(selectors.document_of(each)) for each in (one, later or row)]
    context = {
        "item": row,
        "one": one,
        "later": later,
        "versions": row.versions.order_by("-number"),
        "lines": policies.lines(*texts),
        "blank": "\N{NO-BREAK SPACE}",
    }
    return render(request, "console/content/version.html", context)


# ---------------------------------------------------------------- writing it
def new(request: StaffRequest) -> HttpResponse:
    """Choose a kind (``?kind=``), then write."""
    if not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)
    chosen = request.POST.get("kind") or request.GET.get("kind", "")
    if chosen not in set(ItemKind):
        starts = [(kind, words.ICONS[kind], words.KINDS[kind], words.MEANT[kind]) for kind in ItemKind]
        return render(request, "console/content/kinds.html", {"starts": starts})
    posted = request.method == "POST"
    form = ItemForm(
        request.actor, ItemKind(chosen), request.POST if posted else None, request.FILES if posted else None
    )
    if posted:
        with errors_in(form):
            form.take(request.FILES.getlist("uploads"))
            if form.is_valid():
                home = form.community_id()
                row = actions.create_item(
                    actor=request.actor,
                    document=form.document(),
                    key=form.key_for(home),
                    community_id=home,
                    openness=Openness(form.cleaned_data["openness"]),
                )
                return _saved(request, row)
    return render(request, "console/content/form.html", _around(form))


def edit(request: StaffRequest, item_id: int) -> HttpResponse:
    """Change the draft; what somebody else has changed meanwhile is set beside what was typed."""
    row = selectors.item(request.actor, item_id, Permission.OPERATE)
    posted = request.method == "POST"
    form = ItemForm(
        request.actor,
        ItemKind(row.kind),
        request.POST if posted else None,
        request.FILES if posted else None,
        row=row,
        initial=filled(row),
    )
    if posted:
        with errors_in(form):
            form.take(request.FILES.getlist("uploads"))
            if form.is_valid():
                changed = actions.change_item(
                    actor=request.actor,
                    item_id=item_id,
                    edition=form.cleaned_data["edition"] or 0,
                    document=form.document(),
                    key=form.key_for(row.community_id),
                    openness=Openness(form.cleaned_data["openness"]),
                )
                return _saved(request, changed)
        row = selectors.item(request.actor, item_id)
    context = _around(form)
    if form.catch_up(row):
        context["theirs"] = words.as_text(selectors.document_of(row))
    return render(request, "console/content/form.html", context)


def _saved(request: StaffRequest, row: Item) -> HttpResponse:
    """Onto the item's page; published at once where that was asked for and can be."""
    if request.POST.get("then") != "publish":
        messages.success(request, _("Saved as a draft; nobody but the team sees it."))
        return go(request, "console:item", row.pk)
    return _publish(request, row.pk, row.edition)


def _around(form: ItemForm) -> dict[str, Any]:
    return {
        "form": form,
        "item": form.row,
        "kind": words.KINDS[form.kind],
        "icon": words.ICONS[form.kind],
        **_preview(form),
    }


def _preview(form: ItemForm) -> dict[str, Any]:
    """What is typed as it will look."""
    given = {name: str(form[name].value() or "") for name in form.fields if name != "uploads"}
    pictures = {}
    if form.row is not None:
        pictures = {
            file.name: reverse("console:item_file", args=[form.row.pk, file.sha256])
            for _token, file in form.attached
            if file.kind == "image"
        }
    body = policies.rendered(given.get("body", ""), pictures)
    return {
        "typed": given,
        "lines": [line.strip() for line in given.get("options", "").splitlines() if line.strip()],
        "body": mark_safe(body),  # noqa: S308 (cleaned by `rendered`)
        "files": [file for _token, file in form.attached],
    }


@require_POST
def preview(request: StaffRequest) -> HttpResponse:
    """What is being typed; ``kind``, and ``item`` where it is one that exists."""
    kind, key = request.POST.get("kind", ""), request.POST.get("item", "")
    row = selectors.item(request.actor, int(key)) if key.isdecimal() and int(key) else None
    form = ItemForm(
        request.actor, ItemKind(kind) if kind in set(ItemKind) else ItemKind.ARTICLE, request.POST, row=row
    )
    return render(request, "console/content/preview.html", _preview(form))


# ---------------------------------------------------------------- what becomes of it
@require_POST
def publish(request: StaffRequest, item_id: int) -> HttpResponse:
    """``edition``: let those who may read it get the draft as it is."""
    edition = request.POST.get("edition", "")
    return _publish(request, item_id, int(edition) if edition.isdecimal() else 0)


def _publish(request: StaffRequest, item_id: int, edition: int) -> HttpResponse:
    try:
        actions.publish_item(actor=request.actor, item_id=item_id, edition=edition)
    except QunceError as error:
        if error.status == NotAllowed.status:
            raise
        messages.error(request, str(error))
    else:
        messages.success(request, _("Published: who may read it gets it as it is now."))
    return go(request, "console:item", item_id)


@require_POST
def take_down(request: StaffRequest, item_id: int) -> HttpResponse:
    """``reason``: let nobody but the team get it."""
    actions.take_down_item(actor=request.actor, item_id=item_id, reason=request.POST.get("reason", ""))
    messages.success(request, _("Taken down: nobody but the team gets it any more."))
    return go(request, "console:item", item_id)


@require_POST
def archive(request: StaffRequest, item_id: int) -> HttpResponse:
    """Put it away; its page offers to undo it."""
    actions.archive_item(actor=request.actor, item_id=item_id)
    return go(request, "console:item", item_id)


@require_POST
def restore(request: StaffRequest, item_id: int) -> HttpResponse:
    """Undo that."""
    actions.restore_item(actor=request.actor, item_id=item_id)
    messages.success(request, _("The item is back."))
    return go(request, "console:item", item_id)


@require_POST
def duplicate(request: StaffRequest, item_id: int) -> HttpResponse:
    """Begin a new draft with what it says."""
    made = actions.duplicate_item(actor=request.actor, item_id=item_id)
    messages.success(request, _("This is the copy, a draft."))
    return go(request, "console:item_edit", made.pk)


@require_POST
def open_to(request: StaffRequest, item_id: int) -> HttpResponse:
    """``openness``: who may read it."""
    chosen = request.POST.get("openness", "")
    if chosen in set(Openness):
        actions.open_to(actor=request.actor, item_id=item_id, openness=Openness(chosen))
        messages.success(request, _("Saved: it counts at once."))
    return go(request, "console:item", item_id)


_ONE = "content/<int:item_id>/"
urlpatterns = [
    path("content/new/", new, name="item_new"),
    path("content/preview/", preview, name="item_preview"),
    path(_ONE, item, name="item"),
    path(f"{_ONE}edit/", edit, name="item_edit"),
    path(f"{_ONE}publish/", publish, name="item_publish"),
    path(f"{_ONE}take-down/", take_down, name="item_take_down"),
    path(f"{_ONE}archive/", archive, name="item_archive"),
    path(f"{_ONE}restore/", restore, name="item_restore"),
    path(f"{_ONE}duplicate/", duplicate, name="item_duplicate"),
    path(f"{_ONE}openness/", open_to, name="item_openness"),
    path(f"{_ONE}versions/<int:number>/", version, name="item_version"),
    path(f"{_ONE}files/<str:sha256>/", file, name="item_file"),
]
