"""Ids for messages whose format has none."""

from collections import OrderedDict
from datetime import datetime
from hashlib import blake2b

REMEMBERED = 500
"""Moments: how far apart the same words of the same person at the same moment may stand in a file."""


class Ids:
    """Gives a message the same id in every export that has it: one for each file, asked in the file's order.

    An id is made of time, sender, text and the how-manieth of the same it is. Where two files overlap, or one says
    everything twice, what is the same gets the same id.
    """

    def __init__(self) -> None:
        self._moments: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._at: datetime | None = None
        self._stamp = ""
        self._seen: dict[str, int] = {}

    def of(self, sent_at: datetime, sender: str, text: str) -> str:
        """The id of the next message."""
        if sent_at != self._at:
            self._move(sent_at)
        words = f"{self._stamp}\n{sender}\n{text}".encode("utf-8", "surrogatepass")
        name = blake2b(words, digest_size=12).hexdigest()
        before = self._seen.get(name, 0)
        self._seen[name] = before + 1
        return f"{name}-{before}" if before else name

    def _move(self, sent_at: datetime) -> None:
        self._at, self._stamp = sent_at, str(sent_at.timestamp())
        seen = self._moments.get(self._stamp)
        if seen is None:
            seen = self._moments[self._stamp] = {}
            if len(self._moments) > REMEMBERED:
                self._moments.popitem(last=False)
        self._seen = seen
