"""Senders that speak for others: bridges between platforms, whose lines begin with the name of whoever said it."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from qunce.insights.types import Relay

FEWEST_LINES, FEWEST_NAMES = 10, 3
SHARE = 0.6
"""From this share of its lines on, of that many, with that many different names, a sender is taken for a relay."""
_SHOWN = 5
# <nick> text · [nick] text · **nick**: text, each perhaps behind the name of the platform in brackets.
_WRAPPED = re.compile(
    r"^(?:\[[\w .-]{1,20}\]\s*)?"
    r"(?:<(?P<angle>[^<>\n]{1,60})>:?|\*\*<?(?P<bold>[^*\n]{1,60}?)>?:?\*\*:?|\[(?P<square>[^\[\]\n/#]{1,40})\]:?)"
    r"\s+(?P<said>\S.*)$",
    re.DOTALL,
)
_CODES = re.compile(r"\x03\d{0,2}(?:,\d{1,2})?|[\x02\x0f\x16\x1d\x1f]")
"""Colours and bold type of IRC."""


def unwrapped(text: str) -> tuple[str, str] | None:
    """Who says what in a relay's line; None where it speaks for nobody."""
    found = _WRAPPED.match(_CODES.sub("", text))
    if found is None:
        return None
    name = plain(found["angle"] or found["bold"] or found["square"] or "")
    return (name, found["said"]) if name else None


def plain(name: str) -> str:
    """A name without what relays put in so that nobody is called: unseen characters, a leading @."""
    shown = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return " ".join(shown.split()).removeprefix("@")


@dataclass(slots=True)
class Lines:
    """What one sender's lines look like."""

    count: int = 0
    names: Counter[str] = field(default_factory=Counter)

    def see(self, text: str) -> None:
        """One more line."""
        self.count += 1
        if text[:1] in _FIRST and (found := unwrapped(text)):
            self.names[found[0]] += 1

    @property
    def share(self) -> float:
        """How many of them begin with a name."""
        return self.names.total() / self.count if self.count else 0.0

    @property
    def is_relay(self) -> bool:
        """Whether somebody who speaks so speaks for others."""
        return self.count >= FEWEST_LINES and len(self.names) >= FEWEST_NAMES and self.share >= SHARE

    def relay(self, person: str, name: str) -> Relay:
        """As it is proposed."""
        busiest = [each for each, _count in self.names.most_common(_SHOWN)]
        return Relay(person, name, self.count, round(self.share, 3), busiest, len(self.names))


_FIRST = frozenset("<[*\x02\x03\x0f\x16\x1d\x1f")
"""What such a line can begin with: the others need not be looked at."""
