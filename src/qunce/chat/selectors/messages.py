"""Reads of messages: what was said in a group, by one person on one day, and over all groups."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet

from qunce.chat import policies
from qunce.chat.models import Message as Message  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.chat.models import SearchBacklog, SearchText
from qunce.chat.types import Content, Media
from qunce.community import selectors as community
from qunce.kernel import clock, paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.members import selectors as members
from qunce.members.selectors import Who

MOST_OF_A_DAY = 200
LATELY = timedelta(days=62)
Key: TypeAlias = tuple[int, datetime, UUID]
"""A message's (group, sent_at, id)."""


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
    return paging.Slice(lines(found.items), found.newer, found.older)


def said_on(actor: Actor, group_id: int, identity_ids: Collection[int], day: date) -> list[Line]:
    """What the identities said in a group on one day of its zone, in order; the first MOST_OF_A_DAY of it."""
    community.group(actor, group_id)
    zone = ZoneInfo(community.zones(actor, [group_id])[group_id])
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    found = Message.objects.filter(
        group_id=group_id, sent_at__gte=begin, sent_at__lt=end, identity_id__in=identity_ids
    ).order_by("sent_at", "id")[:MOST_OF_A_DAY]
    return lines(list(found))


def lines(found: Sequence[Message]) -> list[Line]:
    """Messages that the viewer may see, with senders and what they answer: two statements, however many."""
    wanted = {(message.group_id, message.reply_to) for message in found if message.reply_to}
    answered = {
        (message.group_id, message.external_id): message
        for message in (
            Message.objects.filter(
                group_id__among={group for group, _ in wanted}, external_id__among={key for _, key in wanted}
            )
            if wanted
            else ()
        )
    }
    people = members.who([message.identity_id for message in found])
    return [
        Line(each, people[each.identity_id], answered.get((each.group_id, each.reply_to or ""))) for each in found
    ]


# ------------------------------------------------------------------ one, and what was said around it
def message(actor: Actor, key: Key, permission: Permission = Permission.VIEW) -> Message:
    """One message. NotFound where the actor may not see its group, NotAllowed where that is all."""
    community.group(actor, key[0], permission)
    found = _by_key(key).first()
    if found is None:
        raise NotFound
    return found


def by_keys(keys: Collection[Key]) -> dict[Key, Message]:
    """Messages by their keys; those that are gone are left out. No guard: the keys come from what may be seen."""
    if not keys:
        return {}
    # The bounds leave out the months that are not meant.
    groups, times, ids = (list(column) for column in zip(*keys, strict=True))
    fields = Message._meta.concrete_fields  # noqa: SLF001 (Django's own name for it)
    names = [field.attname for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(f'm.{name}' for name in names)} {_BY_KEYS}",
            [groups, times, ids, min(times), max(times)],
        )
        rows = cursor.fetchall()
    read = [[*field.get_db_converters(connection)] for field in fields]
    found = [
        Message.from_db(
            connection.alias,
            names,
            [_read(value, steps) for value, steps in zip(row, read, strict=True)],
        )
        for row in rows
    ]
    return {(each.group_id, each.sent_at, each.id): each for each in found}


def _read(value: Any, steps: Sequence[Callable[[Any, None, Any], Any]]) -> Any:
    for step in steps:
        value = step(value, None, connection)
    return value


_BY_KEYS = """
FROM unnest(%s::bigint[], %s::timestamptz[], %s::uuid[]) AS k(group_id, sent_at, id)
JOIN chat_message m ON m.group_id = k.group_id AND m.sent_at = k.sent_at AND m.id = k.id
WHERE m.sent_at BETWEEN %s AND %s
"""


def around(actor: Actor, key: Key, *, before: int = 8, after: int = 24) -> list[Line]:
    """A message among those said before and after it in its group, oldest first."""
    found = message(actor, key)
    here = Message.objects.filter(group_id=found.group_id)
    same = Q(sent_at=found.sent_at)
    earlier = here.filter(Q(sent_at__lt=found.sent_at) | (same & Q(id__lt=found.id))).order_by("-sent_at", "-id")
    later = here.filter(Q(sent_at__gt=found.sent_at) | (same & Q(id__gt=found.id))).order_by("sent_at", "id")
    return lines([*reversed(earlier[:before]), found, *later[:after]])


def _by_key(key: Key) -> QuerySet[Message]:
    return Message.objects.filter(group_id=key[0], sent_at=key[1], id=key[2])


# ------------------------------------------------------------------ over groups
def stream(group_ids: Collection[int], *, cursor: str = "", size: int = 50) -> paging.Slice[Message]:
    """What was said in these groups and not taken away, newest first. No guard: the caller has chosen."""
    said = Message.objects.filter(group_id__among=group_ids, deleted_at=None)
    return paging.by_key(said, key=("sent_at", "id"), cursor=cursor, size=size)


def search(text: str, group_ids: Collection[int], *, cursor: str = "", size: int = 50) -> paging.Slice[Message]:
    """What was said in these groups with all of these words in it, newest first. No guard: the caller has chosen.

    The first page looks through the last two months before it looks through everything: a word that everybody
    uses is found as quickly as a rare one. A message that was taken away is not found from that moment on.
    """
    asked = policies.search_query(text)
    if not asked:
        return paging.Slice([])
    found = _found(_lately(asked), group_ids, "", size) if not cursor else None
    if found is None or not found.older:
        found = _found(asked, group_ids, cursor, size)
    at = by_keys([(each.group_id, each.sent_at, each.id) for each in found])
    kept = [at.get((each.group_id, each.sent_at, each.id)) for each in found]
    return paging.Slice([each for each in kept if each and not each.deleted_at], found.newer, found.older)


def _lately(asked: str) -> str:
    months = sorted({policies.month_term(clock.now() - LATELY * part / 2) for part in range(3)})
    return f"({asked}) & ({' | '.join(months)})"


def _found(asked: str, group_ids: Collection[int], cursor: str, size: int) -> paging.Slice[SearchText]:
    rows = SearchText.objects.filter(words__meets=asked, group_id__among=group_ids).defer("words")
    return paging.by_key(rows, key=("sent_at", "id"), cursor=cursor, size=size)


def searchable_until() -> datetime | None:
    """Everything that was stored before this moment can be found; None: everything can."""
    return SearchBacklog.objects.order_by("id").values_list("at", flat=True).first()
