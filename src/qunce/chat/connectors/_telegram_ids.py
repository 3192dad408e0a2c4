"""Ids of Telegram's messages as we store them: ``12``, in a topic ``7/12``, of several parts ``12+13``, ``b12``.

Telegram numbers messages by chat. The topic stays with the id, so that an answer goes where it was asked. In a basic
group, which may become a supergroup with numbers of its own one day, ids begin with a ``b``: the two never meet.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qunce.chat.connector import Permanent, gettext_noop

_ID = re.compile(r"(b?)(?:(\d+)/)?(\d+(?:\+\d+)*)")
_SUPERGROUPS = -1_000_000_000_000
"""Supergroups and channels have ids from here downwards, basic groups between here and 0, people above."""
_UNKNOWN = gettext_noop("This message was written before Telegram gave the group a new id.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where messages are in their chat: their numbers, and the topic that they are in."""

    numbers: Sequence[int]
    topic: int | None


def is_basic(chat: int | str) -> bool:
    """Whether a chat is a basic group, which may yet become a supergroup."""
    return _SUPERGROUPS < int(chat) < 0


def written(chat: int | str, numbers: Sequence[int], topic: int | None = None) -> str:
    """The id of a message, or of several that are one to us."""
    before = "b" if is_basic(chat) else ""
    return f"{before}{f'{topic}/' if topic else ''}{'+'.join(map(str, numbers))}"


def read(chat: int | str, external_id: str) -> Place:
    """As `written` made it. Raises Permanent for an id of another series, which would hit another message."""
    found = _ID.fullmatch(external_id)
    if not found or bool(found[1]) != is_basic(chat):
        raise Permanent(_UNKNOWN)
    return Place([int(number) for number in found[3].split("+")], int(found[2]) if found[2] else None)
