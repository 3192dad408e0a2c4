"""What a group talks about: words that stand out, and topics over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from qunce.insights.types.health import MessageKey

Shown = TypeVar("Shown")
"""How a message is referred to: by its index among those that were looked at, or by its key."""


@dataclass(frozen=True, slots=True)
class Keyword(Generic[Shown]):
    """A word that stands out. ``messages``: those that show it best, the best first."""

    word: str
    score: float
    """How much it stands out, against what it is compared with; only comparable within one list."""
    times: int
    """In how many messages it is."""
    messages: Sequence[Shown] = ()


@dataclass(frozen=True, slots=True)
class Topic(Generic[Shown]):
    """Words that are said together."""

    words: Sequence[str]
    """The most telling first; the first three name it."""
    times: int
    """How many messages are about it."""
    shares: Sequence[float]
    """The part of each week's messages that is about it, 0 to 1; weeks begin with the stretch."""
    messages: Sequence[Shown] = ()
    """Those that show it best, the best first."""

    @property
    def label(self) -> str:
        """Its first three words."""
        return " · ".join(self.words[:3])


@dataclass(frozen=True, slots=True)
class Talk:
    """What a group talked about in a stretch: of ``looked_at`` messages, which are ``messages`` or a part of them."""

    topics: Sequence[Topic[MessageKey]] = ()
    keywords: Sequence[Keyword[MessageKey]] = ()
    compared: bool = False
    """Whether the keywords stand out against the group's own past; else they are what is said most."""
    words: Mapping[str, float] = field(default_factory=dict)
    """How often words are said, for a picture: more where more people say them."""
    messages: int = 0
    looked_at: int = 0
