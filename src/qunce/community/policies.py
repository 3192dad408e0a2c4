"""Decisions of the community context: how names and tags are written. Pure."""

import unicodedata
from collections.abc import Iterable

LONGEST_NAME = 80
LONGEST_TAG = 40
MOST_TAGS = 20


def one_line(text: str) -> str:
    """The text without control characters and with single spaces."""
    visible = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    return " ".join(visible.split())


def tidy_tag(text: str) -> str:
    """A tag as it is stored: compatible forms folded (NFKC), no leading ``#``, no commas, one line."""
    folded = unicodedata.normalize("NFKC", text).replace(",", " ").replace("、", " ")
    return one_line(folded).lstrip("#").strip()


def with_tags(tags: Iterable[str], *, add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """The tags after a change, in the order in which they came; what is removed and added stays."""
    added = list(add)
    gone = set(remove) - set(added)
    return [tag for tag in dict.fromkeys([*tags, *added]) if tag not in gone]
