"""Decisions of the community context: how names and tags are written. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping

from qunce.kernel.variables import fillable

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


# ------------------------------------------------------------------ the notice of a group
NOTICE_VARIABLES = {
    "community": "社群",
    "group": "群名",
    "purpose": "目的",
    "shared_goal": "共同目标",
    "promise": "价值承诺",
    "contact": "联系人",
}
"""What may occur in a notice, with its Chinese name."""
LONGEST_NOTICE = 2000


def notice_text(text: str, values: Mapping[str, str]) -> str:
    """A notice filled in. A line in which every variable is empty is left out; empty lines are never doubled.

    Raises BadTextError where the text cannot be filled in.
    """
    cut = fillable("\n".join(text.splitlines()), NOTICE_VARIABLES)
    lines: list[str] = []
    for written in cut.worth_saying(values).fill(values).split("\n"):
        line = written.rstrip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip()
