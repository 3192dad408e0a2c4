"""The public site of a community: read by anybody, without signing in. No cookie is set and nobody is followed.

What is out of it is gone at once: browsers keep a page but ask each time whether it still holds.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from qunce.content import actions
from qunce.content.policies.markdown import rendered
from qunce.content.selectors import sites
from qunce.content.selectors.sites import Entry, Site
from qunce.kernel.errors import NotFound
from qunce.kernel.http import stored_file
from qunce.kernel.limits import Limit

AT_ONCE, IN_FEED, IN_MAP = 20, 30, 5_000
asked = Limit(most=240, per=timedelta(minutes=1))
"""Pages per address: enough for people behind one, too little for who copies everything."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HTTP_NOT_FOUND, HTTP_TOO_MANY = 404, 429
Page = Callable[..., HttpResponse]


def public(view: Page) -> Page:
    """A page of the site: in the site's language and zone, with headers that keep it true and its readers alone."""

    @login_not_required
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        address = str(request.META.get("REMOTE_ADDR", ""))
        if asked.reached(address):
            response = _gone(request, HTTP_TOO_MANY)
            response["Retry-After"] = "60"
            return response
        asked.failed(address)
        try:
            return _kept(request, view(request, *args, **kwargs))
        except NotFound:
            return _gone(request, HTTP_NOT_FOUND)

    return cast("Page", guarded)


def _kept(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-cache, max-age=0"
    response["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers.setdefault("Content-Security-Policy", POLICY)
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    if etag in request.headers.get("If-None-Match", ""):
        same = HttpResponseNotModified()
        same["ETag"], same["Cache-Control"] = etag, response["Cache-Control"]
        return same
    return response


def _gone(request: HttpRequest, status: int) -> HttpResponse:
    response = render(
        request, "memberpages/site/gone.html", {"busy": status != HTTP_NOT_FOUND, **_common()}, status=status
    )
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Content-Security-Policy"] = POLICY
    return response


def _common() -> dict[str, object]:
    return {"version": settings.VERSION, "language": translation.get_language()}


def _whole(request: HttpRequest, path: str) -> str:
    return f"{settings.BASE_URL}{path}" if settings.BASE_URL else request.build_absolute_uri(path)


def _page(request: HttpRequest, name: str, site: Site, **context: object) -> HttpResponse:
    with translation.override(site.language), timezone.override(ZoneInfo(site.community.zone)):
        about: dict[str, object] = {
            **_common(),
            "site": site,
            "name": site.community.name,
            "canonical": _whole(request, str(context.pop("path", request.path))),
            "feed": reverse("site:feed", args=[site.slug]),
        }
        response = render(request, f"memberpages/site/{name}.html", {**about, **context})
    response["Content-Language"] = site.language
    return response


# ------------------------------------------------------------------ pages
@public
def index(request: HttpRequest) -> HttpResponse:
    """The communities that have a site."""
    context = {"sites": sites.open_sites(), "canonical": _whole(request, request.path), **_common()}
    return render(request, "memberpages/site/index.html", context)


@public
def home(request: HttpRequest, slug: str) -> HttpResponse:
    """What a community has published for everybody; by tag, or with words in it."""
    site = sites.open_site(slug)
    tag, text = request.GET.get("tag", "").strip(), request.GET.get("q", "").strip()
    page = Paginator(sites.entries(site, tag=tag, text=text), AT_ONCE).get_page(request.GET.get("page"))
    return _page(
        request,
        "home",
        site,
        page=page,
        entries=[sites.entry_of(item) for item in page],
        tags=sites.tags(site),
        tag=tag,
        text=text,
    )


@public
def entry(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One of them."""
    site = sites.open_site(slug)
    found = sites.entry(site, key)
    actions.note_reading(item=found.item)
    base = reverse("site:entry", args=[slug, key])
    pictures = _pictures(found, base)
    image = next((pictures[file.name] for file in found.document.files if file.kind == "image"), "")
    return _page(
        request,
        "entry",
        site,
        path=base,
        entry=found,
        body=rendered(found.document.body, pictures),
        files_at=f"{base}files/",
        image=_whole(request, image) if image else "",
    )


def _pictures(found: Entry, base: str) -> dict[str, str]:
    return {file.name: f"{base}files/{file.sha256}/" for file in found.document.files}


@public
def entry_file(request: HttpRequest, slug: str, key: str, digest: str) -> HttpResponse:
    """A picture or file of what is published."""
    del request
    file = sites.file_of(sites.entry(sites.open_site(slug), key), digest)
    return stored_file(file.sha256, name=file.name, content_type=file.content_type)


@public
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest, for feed readers."""
    site = sites.open_site(slug)
    here = _whole(request, reverse("site:home", args=[slug]))
    made = _Feed(
        since=site.changed_at,
        author_name=site.community.name,
        title=site.community.name,
        link=here,
        description=site.intro,
        subtitle=site.intro or None,
        language=site.language,
        feed_url=_whole(request, request.path),
    )
    for item in sites.entries(site)[:IN_FEED]:
        _add(made, request, site, sites.entry_of(item))
    return HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


class _Feed(Atom1Feed):
    """With whole articles; one in which nothing is yet was last changed when its site was, not at each look."""

    def __init__(self, *, since: datetime, **given: Any) -> None:
        super().__init__(**given)
        self._since = since

    def latest_post_date(self) -> datetime:
        """Of its latest item."""
        return super().latest_post_date() if self.items else self._since

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """What stands in the article, besides its summary."""
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


def _add(made: Atom1Feed, request: HttpRequest, site: Site, found: Entry) -> None:
    link = _whole(request, reverse("site:entry", args=[site.slug, found.item.key]))
    made.add_item(
        title=found.document.title,
        link=link,
        description=found.document.summary or found.document.title,
        content=rendered(found.document.body, _pictures(found, link)),
        unique_id=link,
        pubdate=found.at,
        updateddate=found.changed_at,
        author_name=found.document.author or None,
        categories=list(found.document.tags),
    )


@public
def sitemap(request: HttpRequest, slug: str) -> HttpResponse:
    """Every page of a site, for search engines."""
    site = sites.open_site(slug)
    rows = [
        (_whole(request, reverse("site:entry", args=[slug, found.item.key])), found.changed_at)
        for found in map(sites.entry_of, sites.entries(site)[:IN_MAP])
    ]
    context = {"home": _whole(request, reverse("site:home", args=[slug])), "rows": rows}
    return render(request, "memberpages/site/sitemap.xml", context, content_type="application/xml; charset=utf-8")
