"""Whom a message addresses by name: at its beginning (``nick: …``) or anywhere after an ``@``."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

SHORTEST = 2
_LEADING = re.compile(r"@?(\S{2,40}?)\s?[:,：，](?:\s|[^\x00-\x7f]|$)")


class Names:
    """The people of a group by what they are called; a name that two people have names nobody."""

    def __init__(self, names: Sequence[str]) -> None:
        self._people: dict[str, int] = {}
        twice = set()
        for person, name in enumerate(names):
            if len(name) >= SHORTEST and self._people.setdefault(name, person) != person:
                twice.add(name)
        for name in twice:
            del self._people[name]
        self._lengths = sorted({len(name) for name in self._people}, reverse=True)

    def addressed(self, text: str) -> int:
        """Who is addressed: an index into the names; -1 where nobody is."""
        at = text.find("@")
        while at >= 0:
            if (found := self._longest(text, at + 1)) >= 0:
                return found
            at = text.find("@", at + 1)
        leading = _LEADING.match(text)
        return self._people.get(leading[1], -1) if leading else -1

    def any_of(self, names: Collection[str]) -> int:
        """The first of these names that is somebody's; -1 where none is."""
        return next((self._people[name] for name in names if name in self._people), -1)

    def _longest(self, text: str, begin: int) -> int:
        for length in self._lengths:
            if (found := self._people.get(text[begin : begin + length], -1)) >= 0:
                return found
        return -1


def exact(names: Mapping[str, int]) -> Callable[[str], int]:
    """For plain logs: a text that begins with exactly somebody's name and ``:`` or ``,`` is a reply to them."""
    begin = re.compile(r"@?([^\s:,]+)[:,](?:\s|$)")

    def replied(text: str) -> int:
        found = begin.match(text)
        return names.get(found[1], -1) if found else -1

    return replied


def as_written(external_id: str, name: str) -> str:
    """How a history calls a sender whose id was made of it: ``slack:U1`` is U1, ``gitter:room:nick`` is nick."""
    return name if external_id.endswith(f":{name}") else external_id.partition(":")[2] or external_id
