"""What is said, from the pieces in which formats write it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from pathlib import PurePosixPath

from qunce.chat.types import Content, Media, Mention, Part, Text

_KINDS = {
    "image": {"png", "jpg", "jpeg", "gif", "webp", "bmp", "heic", "svg", "avif"},
    "video": {"mp4", "mov", "webm", "mkv", "avi", "m4v"},
    "audio": {"mp3", "ogg", "oga", "opus", "wav", "flac", "m4a", "aac"},
}
_BREAKS = {"p", "br", "div", "li", "tr", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"}
_UNSAID = {"script", "style", "head", "title"}
_NOT_PLAIN = re.compile(r"<(?:script|style|head|title|img|[!?])", re.IGNORECASE)
"""What is more than tags around words: a real parser reads it."""
_TAG = re.compile(r"""</?([A-Za-z][A-Za-z0-9]*)(?:\s[^<>"']*(?:(?:"[^"]*"|'[^']*')[^<>"']*)*)?/?>""")


def told(pieces: Iterable[Part]) -> tuple[str, tuple[Part, ...] | None]:
    """Text and parts of a message, without empty pieces and with neighbouring texts as one."""
    parts: list[Part] = []
    said, plain = "", True  # a million objects for nothing but text would cost more than reading it
    for part in pieces:
        if isinstance(part, Text):
            said += part.text
            continue
        if said:
            parts.append(Text(said))
        parts.append(part)
        said, plain = "", False
    if plain:
        return said, None
    content = Content((*parts, Text(said)) if said else tuple(parts))
    return content.plain, content.parts


def mentioning(text: str, people: Mapping[str, Mention]) -> Iterator[Part]:
    """A text cut where somebody is mentioned. ``people``: by how they are written there, such as ``@Ann``."""
    if not people:
        yield Text(text)
        return
    written = "|".join(re.escape(each) for each in sorted(people, key=len, reverse=True))
    for at, piece in enumerate(re.split(f"({written})", text)):
        yield people[piece] if at % 2 else Text(piece)


def file_called(name: str, content_type: str = "", size: object = None) -> Media:
    """A file by its name. It stays where it is: what is taken over is that it was shown."""
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    family = content_type.partition("/")[0]
    kind = (
        family if family in _KINDS else next((kind for kind, endings in _KINDS.items() if ending in endings), "file")
    )
    return Media(kind, "", name, content_type, size if isinstance(size, int) else None)


def text_of(html: str) -> str:
    """HTML as plain text: paragraphs and lines are kept, pictures by what stands for them."""
    if html.startswith("<p>") and html.endswith("</p>") and html.count("<") == len(("<p>", "</p>")):
        said = unescape(html[3:-4])
    elif _NOT_PLAIN.search(html) or "<" in (said := _TAG.sub(_broken, html)):
        reader = _Reader()
        reader.feed(html)
        reader.close()
        said = "".join(reader.pieces)
    else:
        said = unescape(said)
    lines = (line.strip() for line in said.split("\n"))
    return "\n".join(line for line in lines if line)


def _broken(tag: re.Match[str]) -> str:
    return "\n" if tag[1].lower() in _BREAKS else ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unsaid = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSAID:
            self._unsaid += 1
        elif tag in _BREAKS:
            self.pieces.append("\n")
        elif tag == "img":
            self.pieces.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSAID:
            self._unsaid = max(0, self._unsaid - 1)
        elif tag in _BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unsaid:
            self.pieces.append(data)
