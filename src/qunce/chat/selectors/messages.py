"""Reads of messages: what was said in a group, and by one person on one day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from qunce.chat.models import Message
from qunce.chat.types import Content, Media
from qunce.community import selectors as community
from qunce.kernel import paging
from qunce.kernel.actor import Actor
from qunce.members import selectors as members
from qunce.members.selectors import Who

MOST_OF_A_DAY = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One message as a page shows it: who said it, and what it answers (where we have that)."""

    message: Message
    who: Who
    answers: Message | None = None

    @property
    def media(self) -> list[Media]:
        """Pictures and files in it."""
        return [part for part in self._content.parts if isinstance(part, Media)]

    @property
    def words(self) -> str:
        """What it says beside them."""
        return Content(tuple(part for part in self._content.parts if not isinstance(part, Media))).plain

    @property
    def _content(self) -> Content:
        stored = self.message.parts
        return Content.from_json(stored) if stored else Content.of(self.message.text)


def latest(actor: Actor, group_id: int, *, cursor: str = "", size: int = 50) -> paging.Slice[Line]:
    """A group's messages, newest first."""
    community.group(actor, group_id)
    found = paging.by_key(Message.objects.filter(group_id=group_id), key=("sent_at", "id"), cursor=cursor, size=size)
    return paging.Slice(_lines(group_id, found.items), found.newer, found.older)


def said_on(actor: Actor, group_id: int, identity_ids: Collection[int], day: date) -> list[Line]:
    """What the identities said in a group on one day of its zone, in order; the first MOST_OF_A_DAY of it."""
    community.group(actor, group_id)
    zone = ZoneInfo(community.zones(actor, [group_id])[group_id])
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    found = Message.objects.filter(
        group_id=group_id, sent_at__gte=begin, sent_at__lt=end, identity_id__in=identity_ids
    ).order_by("sent_at", "id")[:MOST_OF_A_DAY]
    return _lines(group_id, list(found))


def _lines(group_id: int, found: Sequence[Message]) -> list[Line]:
    """With senders and what is answered: two statements, however many messages."""
    wanted = {message.reply_to for message in found if message.reply_to}
    answered = {
        message.external_id: message
        for message in (Message.objects.filter(group_id=group_id, external_id__in=wanted) if wanted else ())
    }
    people = members.who([message.identity_id for message in found])
    return [Line(each, people[each.identity_id], answered.get(each.reply_to or "")) for each in found]
