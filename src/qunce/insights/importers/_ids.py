"""Ids for messages whose format has none."""

from datetime import datetime
from hashlib import blake2b

REMEMBERED = 10_000
"""Messages: so far apart at least may the same words of the same person at the same moment stand in a file."""


class Ids:
    """Gives a message the same id in every export that has it: one for each file, asked in the file's order.

    An id is made of time, sender, text and the how-manieth of the same it is. Where two files overlap, or one says
    everything twice, what is the same gets the same id.
    """

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._stamp = ""
        self._seen: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def of(self, sent_at: datetime, sender: str, text: str) -> str:
        """The id of the next message."""
        if sent_at != self._at:
            self._at, self._stamp = sent_at, str(sent_at.timestamp())
        words = f"{self._stamp}\n{sender}\n{text}".encode("utf-8", "surrogatepass")
        name = blake2b(words, digest_size=12).hexdigest()
        seen = self._seen
        count = seen.get(name) or self._before.get(name, 0)
        seen[name] = count + 1
        if len(seen) > REMEMBERED:
            self._before, self._seen = seen, {}
        return f"{name}-{count}" if count else name
