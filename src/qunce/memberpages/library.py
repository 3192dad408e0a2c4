"""The library for members: to find, read, rate and save; and single items by an address that went into a group."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from qunce.content import actions, policies, selectors
from qunce.content.selectors import Item
from qunce.content.types import ItemKind
from qunce.kernel import paging
from qunce.kernel.errors import NotFound
from qunce.kernel.http import stored_file
from qunce.memberpages.doors import MemberRequest, door, own, private, show
from qunce.memberpages.frame import page_of

SIZE = 20
STARS = range(1, 6)


@own
@require_safe
def library(request: MemberRequest) -> HttpResponse:
    """What is published for members: ``?q=`` finds in it, ``?cursor=`` goes on."""
    text = request.GET.get("q", "").strip()[:100]
    found = selectors.library(request.visit, text=text)
    cursor = request.GET.get("cursor", "")
    shown = paging.by_key(found, key=("published_at", "id"), cursor=cursor, size=SIZE)
    rated = selectors.ratings([row.pk for row in shown])
    rows = [(row, selectors.document_of(row.published), rated.get(row.pk)) for row in shown if row.published]
    return page_of(request, "library", rows=rows, page=shown, text=text)


@own
@require_safe
def item(request: MemberRequest, item_id: int) -> HttpResponse:
    """One item; reading it is counted. Where it is not there any more, the page says so and leads on."""
    try:
        row = selectors.item_in_library(request.visit, item_id)
    except NotFound:
        response = page_of(request, "gone")
        response.status_code = NotFound.status
        return response
    actions.open_item(visit=request.visit, item_id=item_id)
    ref = request.visit.link.ref

    def address(sha256: str) -> str:
        return reverse("memberpages:library_file", args=[ref, item_id, sha256])

    context = {
        **_shown(row, address),
        "rating": selectors.ratings([item_id]).get(item_id),
        "mine": selectors.stars_by(request.visit.member.pk, item_id),
        "stars": STARS,
    }
    return page_of(request, "item", **context)


def _shown(row: Item, address: Callable[[str], str]) -> dict[str, object]:
    """What is published of an item; ``address`` gives that of a file."""
    document = selectors.document_of(row.published or row)
    pictures = {each.name: address(each.sha256) for each in document.files if each.kind == "image"}
    body = mark_safe(policies.rendered(document.body, pictures))  # noqa: S308 (cleaned by `rendered`)
    named = [(each, address(each.sha256)) for each in document.files if f"]({each.name})" not in document.body]
    return {"item": row, "document": document, "body": body, "files": named}


@own
@require_POST
def rate(request: MemberRequest, item_id: int) -> HttpResponse:
    """``stars``: what the member thinks of it."""
    given = request.POST.get("stars", "")
    actions.rate_item(visit=request.visit, item_id=item_id, stars=int(given) if given.isdecimal() else 0)
    return redirect("memberpages:library_item", request.visit.link.ref, item_id)


@own
@require_safe
def file(request: MemberRequest, item_id: int, sha256: str) -> HttpResponse:
    """A file of an item."""
    found = selectors.published_file(selectors.item_in_library(request.visit, item_id), sha256)
    return stored_file(sha256, name=found.name, content_type=found.content_type)


# ---------------------------------------------------------------- by an address that was handed on
@door
@require_safe
def handed(request: HttpRequest, token: str) -> HttpResponse:
    """An item for whoever was given its address: links lead on, everything else is shown. Asking with HEAD, or ahead
    of time, is not reading it.
    """
    row, _use = selectors.item_at(token)
    ahead = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    agent = "" if ahead or request.method != "GET" else request.headers.get("User-Agent", "")
    actions.follow_item(token=token, user_agent=agent)

    def address(sha256: str) -> str:
        return reverse("memberpages:handed_file", args=[token, sha256])

    document = selectors.document_of(row.published or row)
    if document.kind is ItemKind.LINK:
        return HttpResponseRedirect(document.url)
    return show(request, "memberpages/handed.html", {**_shown(row, address), "community": row.community})


@login_not_required
@require_safe
def handed_file(request: HttpRequest, token: str, sha256: str) -> HttpResponse:  # noqa: ARG001 (the address says it all)
    """A file of it."""
    row, _use = selectors.item_at(token)
    found = selectors.published_file(row, sha256)
    return private(stored_file(sha256, name=found.name, content_type=found.content_type))
