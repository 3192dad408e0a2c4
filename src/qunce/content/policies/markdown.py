"""Markdown as people see it: what was written as HTML stays text, and what is left is cleaned once more. Pure."""

import re
from collections.abc import Mapping
from functools import cache
from html import unescape
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_TAGS = {
    "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "a", "img", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "ol": {"start"}}
_LOWER = {"h1": "h2", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6", "h6": "h6"}
_GAPS = re.compile(r"\n{3,}")


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def rendered(markdown: str, pictures: Mapping[str, str] | None = None) -> str:
    """Markdown as safe HTML. Headings stand one level lower: the page has its own.

    ``pictures``: addresses of the item's own pictures by name (``![…](name.png)``); every other one becomes a link,
    for a reader's browser is not sent elsewhere unasked.
    """
    tokens = _reader().parse(markdown)
    for token in tokens:
        token.tag = _LOWER.get(token.tag, token.tag)
        if token.children:
            token.children = [each for child in token.children for each in _shown(child, pictures or {})]
    html = _reader().renderer.render(tokens, _reader().options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _shown(token: Token, pictures: Mapping[str, str]) -> list[Token]:
    """A picture of the item's own with its address; a foreign one as a link."""
    if token.type != "image":
        return [token]
    source = str(token.attrs.get("src", ""))
    if address := pictures.get(unquote(source)):
        token.attrs["src"] = address
        return [token]
    words = Token("text", "", 0, content=token.content or source)
    if not source.startswith(("http://", "https://")):
        return [words]
    return [Token("link_open", "a", 1, attrs={"href": source}), words, Token("link_close", "a", -1)]


def plain(markdown: str) -> str:
    """Markdown as a message can say it."""
    text = unescape(nh3.clean(rendered(markdown), tags=set()))
    return _GAPS.sub("\n\n", text).strip()
