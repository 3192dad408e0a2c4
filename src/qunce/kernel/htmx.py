"""Helpers for pages that are updated in place."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a piece of the page; a restored history entry wants the whole page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def page(request: HttpRequest, template: str, context: dict[str, object], *, piece: str = "") -> HttpResponse:
    """Render the whole page, or ``piece`` (a template of its own) where htmx asks for it."""
    response = render(request, piece if piece and is_partial(request) else template, context)
    response["Vary"] = "HX-Request"
    return response


def go(request: HttpRequest, to: str, *args: Any, **kwargs: Any) -> HttpResponse:
    """Redirect: by header where htmx asked, so that the whole page moves."""
    response: HttpResponseRedirect = redirect(to, *args, permanent=False, **kwargs)
    if is_partial(request):
        moved = HttpResponse(status=204)
        moved["HX-Redirect"] = response.url
        return moved
    return response
