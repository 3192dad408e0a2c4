"""Messages and roll-ups as rows: a few statements for a whole batch, no object per row beyond what is needed."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import psycopg
from django.db import connection

from qunce.chat.stage import NewMessage
from qunce.chat.types import (
    LONGEST_TEXT,
    Content,
    Inbound,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Origin,
    Part,
    Sender,
)
from qunce.community.types import GroupFacts
from qunce.kernel import clock, wire


def cleaned(texts: Sequence[str]) -> Sequence[str]:
    """Each text as `clean` makes it; as a rule there is nothing to be done, which is seen of all at once."""
    whole = "".join(texts)
    if "\x00" in whole or not _encodable(whole) or max(map(len, texts), default=0) > LONGEST_TEXT:
        return [clean(text) for text in texts]
    return texts


def clean(text: str) -> str:
    """Text that the database takes: no NUL, no lone surrogates, at most LONGEST_TEXT characters."""
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - 1] + "…"
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() or _encodable(text) else text.encode("utf-8", "replace").decode()


_SPOKEN = frozenset({"name", "topic", "reason", "source", "reply_to"})


def legible(event: Inbound) -> Inbound:
    """The event with its names cleaned too, for the rare one that the database refuses: nobody hides behind his name.

    Ids stay as they are: cleaned, one could be another's.
    """
    changed: dict[str, Any] = {}
    names = event._fields if isinstance(event, MessageReceived) else [field.name for field in fields(event)]
    for name in names:
        value = getattr(event, name)
        if isinstance(value, Sender):
            changed[name] = value._replace(name=clean(value.name))
        elif name in _SPOKEN and isinstance(value, str):
            changed[name] = clean(value)
    return event._replace(**changed) if isinstance(event, MessageReceived) else replace(event, **changed)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def parts_json(parts: tuple[Part, ...] | None) -> str | None:
    """Parts as stored, cleaned; None where the text is all there is."""
    if parts is None:
        return None
    stored = [
        {key: clean(value) if isinstance(value, str) else value for key, value in part.items()}
        for part in Content(parts).to_json()
    ]
    return json.dumps(stored, ensure_ascii=False)


PORTION = 150
"""Messages in one statement of a batch, about: the server works on one while the next is being written."""


Told: TypeAlias = tuple[str, int, datetime, int, GroupFacts, MessageReceived]
"""A message after what it is sorted by: zone, group, moment, and its number in the batch."""


def portions(told: Sequence[Told]) -> Iterator[Sequence[Told]]:
    """Sorted messages in portions, each of groups of one zone; no two have a group in common."""
    begin = 0
    while begin < len(told):
        zone, end = told[begin][0], min(begin + PORTION, len(told))
        while end < len(told) and told[end][1] == told[end - 1][1]:
            end += 1
        if told[end - 1][0] != zone:
            end = next(at for at in range(begin, end) if told[at][0] != zone)
        yield told[begin:end]
        begin = end


@contextmanager
def storing(
    portions: Iterable[Sequence[NewMessage]], origin: Origin
) -> Iterator[tuple[list[NewMessage], Callable[[], list[NewMessage]]]]:
    """Store messages; count by member and day, and have made searchable, those that are new.

    Portions are as `portions` makes them, and are taken while the ones before are under way. Yields all messages, and
    a call that waits and returns the new ones. Keys are sorted so that two batches never wait in a circle.
    """
    with ExitStack() as open_ones:
        sent = [(rows, _store(open_ones.enter_context(wire.ahead()), rows, origin)) for rows in portions]
        every = [row for rows, _known in sent for row in rows]
        yield every, lambda: [row for rows, known in sent for row in _new(rows, known)]


_Cursor: TypeAlias = "psycopg.Cursor[tuple[Any, ...]]"


def _store(cursor: _Cursor, rows: Sequence[NewMessage], origin: Origin) -> _Cursor:
    # Most of a portion is new as a rule: less is said by naming the others.
    cursor.execute(
        "WITH told AS (SELECT * FROM unnest(%b::bigint[], %b::timestamptz[], %b::uuid[], %b::text[],"
        " %b::bigint[], %b::text[], %b::text[], %b::text[], %b::bool[])"
        " WITH ORDINALITY AS m(g, s, i, e, a, t, p, r, u, place)),"
        " stored AS (INSERT INTO chat_message (group_id, sent_at, id, external_id, identity_id, text, parts,"
        " reply_to, origin, from_us)"
        " SELECT g, s, i, e, a, t, p::jsonb, r, %b::smallint, coalesce(u, false) FROM told"
        " ON CONFLICT (group_id, external_id, sent_at) DO NOTHING"
        " RETURNING group_id, sent_at, id, identity_id, from_us),"
        " kept AS (INSERT INTO chat_searchbacklog (at, group_ids, sent_ats, message_ids)"
        " SELECT %b, array_agg(group_id), array_agg(sent_at), array_agg(id) FROM stored HAVING count(*) > 0),"
        " counted AS (INSERT INTO chat_memberday AS r (group_id, day, identity_id, messages)"
        " SELECT group_id, (sent_at AT TIME ZONE %b::text)::date, identity_id, count(*) FROM stored"
        " WHERE NOT from_us AND identity_id <> ALL(%b::bigint[]) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        " ON CONFLICT (group_id, day, identity_id) DO UPDATE SET messages = r.messages + excluded.messages)"
        " SELECT place FROM told WHERE i NOT IN (SELECT id FROM stored)",
        [
            wire.bigints([row.group.id for row in rows]),
            wire.moments([row.sent_at for row in rows]),
            wire.uuids([row.id for row in rows]),
            wire.texts([row.external_id for row in rows]),
            wire.bigints([row.identity_id for row in rows]),
            wire.texts([row.text for row in rows]),
            _or_none([row.parts for row in rows]),
            _or_none([row.reply_to for row in rows]),
            _or_none([row.from_us for row in rows]),
            int(origin),
            clock.now(),
            rows[0].group.zone.key,
            list({row.identity_id for row in rows if row.from_bot}),
        ],
        binary=True,
    )
    return cursor


def _new(rows: Sequence[NewMessage], known: _Cursor) -> Sequence[NewMessage]:
    repeated = {place for (place,) in known.fetchall()}
    return [row for place, row in enumerate(rows, 1) if place not in repeated] if repeated else rows


def _or_none(column: list[Any]) -> list[Any] | None:
    """A column in which there is nothing is not sent: NULL stands for it."""
    return column if any(column) else None


def edit(group_id: int, edits: Sequence[tuple[MessageEdited, int | None]]) -> list[tuple[int, datetime, UUID]]:
    """Replace texts, unless a later edit was there first or the message is gone; returns the keys of the changed.

    Each edit with the identity that claims it: only the sender's own counts; None: the platform has seen to that.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chat_message m SET text = last.text, parts = last.parts::jsonb, edited_at = last.at"
            " FROM (SELECT DISTINCT ON (o.sent_at, o.id) o.sent_at, o.id, e.at, e.text, e.parts"
            " FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::bigint[])"
            " AS e(external_id, at, text, parts, identity_id)"
            " JOIN chat_message o ON o.group_id = %s AND o.external_id = e.external_id AND o.deleted_at IS NULL"
            " AND o.identity_id = coalesce(e.identity_id, o.identity_id)"
            " AND coalesce(o.edited_at, '-infinity') < e.at"
            " ORDER BY o.sent_at, o.id, e.at DESC) last"
            " WHERE m.group_id = %s AND m.sent_at = last.sent_at AND m.id = last.id"
            " RETURNING m.group_id, m.sent_at, m.id",
            [
                [each.external_id for each, _ in edits],
                [each.at for each, _ in edits],
                [clean(each.text) for each, _ in edits],
                [parts_json(each.parts) for each, _ in edits],
                [identity_id for _, identity_id in edits],
                group_id,
                group_id,
            ],
        )
        return list(cursor.fetchall())


def delete(group_id: int, deletions: Sequence[MessageDeleted]) -> list[tuple[int, datetime, UUID]]:
    """Take messages away: their text goes, the fact that there was one stays. Returns the keys of those gone now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chat_message m SET text = '', parts = NULL, deleted_at = d.at"
            " FROM unnest(%s::text[], %s::timestamptz[]) AS d(external_id, at)"
            " WHERE m.group_id = %s AND m.external_id = d.external_id AND m.deleted_at IS NULL"
            " RETURNING m.group_id, m.sent_at, m.id",
            [[each.external_id for each in deletions], [each.at for each in deletions], group_id],
        )
        return list(cursor.fetchall())


class Hours:
    """What a batch adds to the hours of groups, written once with sorted keys, as `storing` does."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, datetime], list[int]] = {}

    def _of(self, key: tuple[int, datetime]) -> list[int]:
        return self._counts.setdefault(key, [0, 0, 0, 0])

    def messages(self, rows: Iterable[NewMessage]) -> None:
        """Count stored messages; bots and our own apart."""
        known = self._counts.get
        hour = end = EPOCH
        for row in rows:
            if not hour <= row.sent_at < end:
                hour = _hour(row.sent_at)
                end = hour + HOUR
            key = row.group.id, hour
            (known(key) or self._of(key))[row.from_us or row.from_bot] += 1

    def joined(self, group_id: int, at: datetime) -> None:
        """Count one entry."""
        self._of((group_id, _hour(at)))[2] += 1

    def left(self, group_id: int, at: datetime) -> None:
        """Count one departure."""
        self._of((group_id, _hour(at)))[3] += 1

    def write(self) -> None:
        """Add the counts to the table."""
        if not self._counts:
            return
        keys = sorted(self._counts)
        columns = zip(*(self._counts[key] for key in keys), strict=True)
        with wire.ahead() as cursor:
            cursor.execute(
                'INSERT INTO chat_grouphour AS r (group_id, hour, messages, bot_messages, joined, "left")'
                " SELECT g, h, m, coalesce(b, 0), coalesce(j, 0), coalesce(l, 0)"
                " FROM unnest(%b::bigint[], %b::timestamptz[], %b::int4[], %b::int4[], %b::int4[], %b::int4[])"
                " AS t(g, h, m, b, j, l) ON CONFLICT (group_id, hour) DO UPDATE SET"
                " messages = r.messages + excluded.messages,"
                " bot_messages = r.bot_messages + excluded.bot_messages,"
                ' joined = r.joined + excluded.joined, "left" = r."left" + excluded."left"',
                [
                    wire.bigints([group_id for group_id, _ in keys]),
                    wire.moments([hour for _, hour in keys]),
                    list(next(columns)),
                    *(_or_none(list(column)) for column in columns),
                ],
            )


HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
