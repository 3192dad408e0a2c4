"""How a suggestion is made in a group, and how the same one is known. Pure."""

import re

from qunce.content.types.suggestions import LONGEST_SUGGESTION
from qunce.kernel.folding import normalise

BEGINNINGS = ("建议:", "提议:", "#建议", "suggestion:", "#suggestion")
"""How the messages begin that may be one, as messages are compared."""
_MADE = re.compile(
    r"\s*(?:(?:建议|提议|suggestion)\s*[:：]|[#＃](?:建议|suggestion)(?:[#＃]|\s*[:：]|\s+))", re.IGNORECASE
)
SHORTEST = 2


def suggested(text: str) -> str:
    """What is suggested in a message that begins so; empty: nothing."""
    made = _MADE.match(text)
    said = text[made.end() :].replace("\0", "").strip()[:LONGEST_SUGGESTION] if made else ""
    return said if len(same_key(said)) >= SHORTEST else ""


def same_key(text: str) -> str:
    """What the same suggestion is known by: its letters and digits."""
    return "".join(sign for sign in normalise(text) if sign.isalnum())[:LONGEST_SUGGESTION]
