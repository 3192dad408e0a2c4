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
        self._seen: OrderedDict[datetime, dict[bytes, int]] = OrderedDict()

    def of(self, sent_at: datetime, sender: str, text: str) -> str:
        """The id of the next message."""
        words = f"{sent_at.timestamp()}\n{sender}\n{text}".encode("utf-8", "surrogatepass")
        digest = blake2b(words, digest_size=12)
        seen = self._seen.get(sent_at)
        if seen is None:
            seen = self._seen[sent_at] = {}
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        before = seen[digest.digest()] = seen.get(digest.digest(), -1) + 1
        return f"{digest.hexdigest()}-{before}" if before else digest.hexdigest()
