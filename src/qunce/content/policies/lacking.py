"""What a draft still lacks before members can have it. Pure."""

import re
from enum import StrEnum

from qunce.content.types import ASKED, READ, ItemDocument, ItemKind

FEWEST_OPTIONS = 2
_KEY = re.compile(r"[\w-]{1,80}")


def is_key(text: str) -> bool:
    """Whether it can stand in addresses and playbooks."""
    return _KEY.fullmatch(text) is not None


def key_from(title: str) -> str:
    """One that is made from a title."""
    return re.sub(r"[^\w-]+", "-", title).strip("-")[:70] or "item"


class Lack(StrEnum):
    """What is missing or does not fit."""

    BODY = "body"
    URL = "url"
    FILE = "files"
    PICTURE = "picture"
    QUESTION = "question"
    OPTIONS = "options"
    RIGHT = "right"


def lacking(document: ItemDocument) -> list[Lack]:
    """What keeps a document from being published."""
    kind, found = document.kind, []
    if kind in READ and not document.body.strip():
        found.append(Lack.BODY)
    if kind is ItemKind.LINK and not document.url:
        found.append(Lack.URL)
    if kind is ItemKind.FILE and not document.files:
        found.append(Lack.FILE)
    if kind is ItemKind.IMAGE and not any(file.kind == "image" for file in document.files):
        found.append(Lack.PICTURE)
    if kind in ASKED:
        if not document.question.strip():
            found.append(Lack.QUESTION)
        if len(set(document.options)) < FEWEST_OPTIONS:
            found.append(Lack.OPTIONS)
    right = set(document.right)
    if kind is ItemKind.QUIZ and (not right or not right <= set(range(len(document.options)))):
        found.append(Lack.RIGHT)
    return found
