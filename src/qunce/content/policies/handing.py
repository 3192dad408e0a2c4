"""How an item reaches a group: as a file, a picture, a poll, or in words with an address. Pure."""

from collections.abc import Callable, Sequence

from qunce.chat.types import OURS, Media, Part, Poll, Text
from qunce.content.policies.markdown import plain
from qunce.content.types import ASKED, READ, Attached, ItemDocument, ItemKind, Way, Wire

LONGEST_SAID = 600
"""Characters of a text that is said in the group itself, because it has no page that could be opened."""


def way_of(file: Attached, wire: Wire, *, public: bool) -> Way:
    """How a file reaches the groups of a platform; ``public``: links to this installation can be opened."""
    if {file.kind, "file"} & wire.media and file.size <= wire.largest:
        return Way.SENT
    return Way.LINKED if public else Way.LOST


def has_page(document: ItemDocument) -> bool:
    """Whether it is handed on by an address rather than by itself."""
    return document.kind in READ or document.kind is ItemKind.LINK


def handed(document: ItemDocument, wire: Wire, *, address: str, link: Callable[[Attached], str]) -> tuple[Part, ...]:
    """What a group gets of an item.

    ``address``: where it can be read, empty where nothing of ours can be opened from outside. ``link``: a file's
    address, or empty. Files that the platform does not carry become links; without an address they are left out.
    """
    if document.kind in ASKED:
        said = _joined(document.title if document.title != document.question else "", document.summary)
        question = Poll(document.question, document.options, len(document.right) > 1)
        return (Text(f"{said}\n"), question) if said else (question,)
    lines, media = _files(document, wire, link)
    where = ""
    if document.kind is ItemKind.LINK:
        where = address or document.url
    elif document.kind in READ:
        where = address or _cut(plain(document.body))
    said = _joined(document.title, document.summary, where, *lines, _credit(document))
    return (Text(said), *media)


def joined(said: Sequence[Part], handed: Sequence[Part]) -> tuple[Part, ...]:
    """What is said, then the item, with an empty line between the words of both; files come last."""
    words = [part for part in said if not isinstance(part, Media)]
    files = [part for part in said if isinstance(part, Media)]
    own = list(handed)
    last, first = words[-1] if words else None, own[0] if own else None
    if isinstance(last, Text) and isinstance(first, Text):
        words[-1:], own = [Text(f"{last.text}\n\n{first.text}")], own[1:]
    elif words and own and not isinstance(own[0], Media):
        words.append(Text("\n\n"))
    spoken = [part for part in own if not isinstance(part, Media)]
    return (*words, *spoken, *files, *(part for part in own if isinstance(part, Media)))


def _files(document: ItemDocument, wire: Wire, link: Callable[[Attached], str]) -> tuple[list[str], list[Media]]:
    lines, media = [], []
    for file in document.files if document.kind in {ItemKind.FILE, ItemKind.IMAGE} else ():
        if way_of(file, wire, public=False) is Way.SENT:
            kind = file.kind if file.kind in wire.media else "file"
            media.append(Media(kind, OURS + file.sha256, file.name, file.content_type, file.size))
        elif url := link(file):
            lines.append(f"{file.name}: {url}")
    return lines, media


def _credit(document: ItemDocument) -> str:
    return " · ".join(dict.fromkeys(filter(None, (document.author, document.source, document.licence))))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SAID else f"{text[: LONGEST_SAID - 1].rstrip()}…"


def _joined(*lines: str) -> str:
    return "\n".join(filter(None, (line.strip() for line in lines)))
