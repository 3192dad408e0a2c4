"""What was said in a group between two moments, in order. No guard: for what works on it, not for pages."""

from collections.abc import Sequence
from datetime import datetime

from qunce.chat.models import Message

MOST = 5_000


def stretch(group_id: int, since: datetime, until: datetime, most: int = MOST) -> list[Message]:
    """The messages from ``since`` to ``until``, both excluded, as they are now; what was taken away is not in it."""
    rows = Message.objects.filter(group_id=group_id, sent_at__gt=since, sent_at__lt=until, deleted_at=None)
    return list(rows.order_by("sent_at", "id")[:most])


def said_by_people(messages: Sequence[Message], bots: set[int]) -> list[Message]:
    """Those that neither we nor bots have sent."""
    return [each for each in messages if not each.from_us and each.identity_id not in bots]
