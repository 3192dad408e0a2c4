"""What a group talks about: words that stand out, and topics over time."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word that stands out. ``messages``: indexes of messages that show it best, the best first."""

    word: str
    score: float
    """How much it stands out, against what it is compared with; only comparable within one list."""
    times: int
    """In how many messages it is."""
    messages: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """Words that are said together. ``shares``: the part of each week's messages that is about it, 0 to 1."""

    words: Sequence[str]
    """The most telling first; the first three name it."""
    times: int
    """How many messages are about it."""
    shares: Sequence[float]
    messages: Sequence[int] = ()
    """Indexes of messages that show it best, the best first."""

    @property
    def label(self) -> str:
        """Its first three words."""
        return " · ".join(self.words[:3])
