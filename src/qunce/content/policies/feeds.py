"""What is in feeds, in pages that name feeds, and in lists of feeds. Pure: bytes in, plain text out."""

import re
import zlib
from calendar import timegm
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from html import unescape
from html.entities import name2codepoint
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from xml.sax.saxutils import quoteattr

from qunce.content.types.feeds import (
    LONGEST_ADDRESS,
    LONGEST_ENTRY_SUMMARY,
    LONGEST_ENTRY_TITLE,
    FoundEntry,
    FoundFeed,
    Outline,
)
from qunce.kernel.folding import normalise

MOST_ENTRIES = 200
"""Of one reading: of a feed with thousands, its latest."""
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
KEPT = timedelta(days=60)
"""So long an entry is remembered after its feed has dropped it; what is older is not news."""
_FEED_TYPES = ("rss+xml", "atom+xml", "rdf+xml")
_ENTITIES = re.compile(rb"<!ENTITY[^>]*>")
_NAMED = re.compile(rb"&([A-Za-z]\w{1,15});")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_TRACKING = re.compile(r"utm_\w+|spm|from|fbclid|gclid|share_token")
_GZIP = 16 + zlib.MAX_WBITS


class NotAFeedError(ValueError):
    """What is there is no feed."""


class TooLargeError(ValueError):
    """What is there is larger than is read once it is unpacked."""


def unpacked(body: bytes, encoding: str, largest: int) -> bytes:
    """The body as it was before it was packed for the way (Content-Encoding). Raises NotAFeedError, TooLargeError."""
    kind = encoding.strip().lower()
    if kind not in {"gzip", "x-gzip", "deflate"}:
        return body
    for bits in (_GZIP,) if "gzip" in kind else (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        unpacking = zlib.decompressobj(bits)
        try:
            plain = unpacking.decompress(body, largest + 1)
        except zlib.error:
            continue
        if len(plain) > largest:
            raise TooLargeError
        return plain
    raise NotAFeedError


# ------------------------------------------------------------------ feeds
def read(body: bytes, *, content_type: str, url: str, now: datetime) -> FoundFeed:
    """What a feed of any kind and age says. Raises NotAFeedError.

    Only the bytes are looked at: nothing is fetched, and entities that it declares itself mean nothing.
    """
    import feedparser

    headers = {"content-type": content_type, "content-location": url}
    body = _NAMED.sub(_numbered, _ENTITIES.sub(b"", body))
    said: Any = feedparser.parse(BytesIO(body), response_headers=headers)
    if not said.get("version") and not said.get("entries"):
        raise NotAFeedError
    found: dict[str, FoundEntry] = {}
    for each in said.get("entries", ()):
        entry = _entry(each, now)
        if entry is not None:
            found.setdefault(entry.guid, entry)
    about = said.get("feed", {})
    title = plain(str(about.get("title", "")), LONGEST_ENTRY_TITLE) or str(urlsplit(url).hostname or url)
    latest = sorted(found.values(), key=lambda entry: entry.published_at or now, reverse=True)
    return FoundFeed(title, address(str(about.get("link", ""))), tuple(latest[:MOST_ENTRIES]))


def _numbered(named: re.Match[bytes]) -> bytes:
    """A sign that HTML has a name for, as XML knows it: old feeds use such names without saying so."""
    name = named[1].decode()
    number = None if name in _OF_XML else name2codepoint.get(name)
    return f"&#{number};".encode() if number else named[0]


def _entry(each: dict[str, Any], now: datetime) -> FoundEntry | None:
    url = address(str(each.get("link", "")))
    summary = plain(str(each.get("summary", "")), LONGEST_ENTRY_SUMMARY)
    title = plain(str(each.get("title", "")), LONGEST_ENTRY_TITLE) or summary[:60]
    if not title:
        return None
    stamp = dict.get(each, "published_parsed") or dict.get(each, "updated_parsed")  # its own get() confuses the two
    when = _moment(stamp, now)
    guid = str(each.get("id") or url or title)[:LONGEST_ADDRESS]
    author = plain(str(each.get("author", "")), 80)
    return FoundEntry(guid, url, title, "" if summary == title else summary, author, when)


def _moment(parsed: Any, now: datetime) -> datetime | None:
    """When it came out; None where that is missing or cannot be. What lies ahead came out just now."""
    try:
        when = datetime.fromtimestamp(timegm(parsed), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return None if when < EARLIEST else min(when, now)


def plain(html: str, longest: int) -> str:
    """HTML as one line of text, cut where it is too long."""
    import nh3

    said = html
    if "<" in html or "&" in html:
        said = unescape(nh3.clean(html, tags=set(), clean_content_tags={"script", "style"}))
    said = " ".join(said.replace("\0", "").split())
    return said if len(said) <= longest else f"{said[: longest - 1].rstrip()}…"


def address(url: str) -> str:
    """The address where it is one of the web, else nothing."""
    url = url.strip()
    return url if url.startswith(("https://", "http://")) and len(url) <= LONGEST_ADDRESS else ""


# ------------------------------------------------------------------ what is the same
def url_key(url: str) -> str:
    """What an address is known by: without the scheme, ``www.``, and marks of where one comes from."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if not _TRACKING.fullmatch(name)])
    host = (parts.netloc or "").lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{query}" if query else "") if host else ""


def title_key(title: str) -> str:
    """What a title is known by: its letters and digits."""
    return "".join(sign for sign in normalise(title) if sign.isalnum())


# ------------------------------------------------------------------ pages and lists
class _Tags(HTMLParser):
    """Collects what the tags of one name have as attributes; reads anything, and resolves no entity of its own."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one."""
        if tag == self._name:
            self.found.append({name: value or "" for name, value in attrs})


def _tags(body: bytes, name: str) -> Iterable[dict[str, str]]:
    reader = _Tags(name)
    reader.feed(body.decode("utf-8", "replace"))
    return reader.found


def feeds_named_in(body: bytes, url: str) -> list[str]:
    """The feeds that a page names (``<link rel="alternate">``), in its order."""
    named = [
        address(urljoin(url, link.get("href", "")))
        for link in _tags(body, "link")
        if "alternate" in link.get("rel", "").lower().split() and link.get("type", "").lower().endswith(_FEED_TYPES)
    ]
    return [each for each in dict.fromkeys(named) if each]


def outlines(body: bytes) -> list[Outline]:
    """The feeds of a list (OPML), each once."""
    found: dict[str, Outline] = {}
    for tag in _tags(body, "outline"):
        if url := address(tag.get("xmlurl", "")):
            title = plain(tag.get("title") or tag.get("text", ""), LONGEST_ENTRY_TITLE)
            found.setdefault(url, Outline(url, title or url))
    return list(found.values())


def opml(listed: Iterable[Outline]) -> str:
    """Feeds as a list that other programs read."""
    lines = "".join(
        f'    <outline type="rss" text={quoteattr(each.title)} xmlUrl={quoteattr(each.url)}/>\n' for each in listed
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head/>\n'
    return f"{head}  <body>\n{lines}  </body>\n</opml>\n"
