"""Making messages searchable: batches leave the keys of what they changed, a job writes what it is found by.

The job reads each message as it is by then, so it does not matter how often or in which order keys come, and
what was cut off in the middle is done again from the last portion that was committed.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from django.db import transaction

from qunce.chat import policies
from qunce.chat.models import SearchBacklog
from qunce.kernel import clock, live, locks, wire

PORTION = 2000
"""Messages in one transaction, about."""

Key: TypeAlias = tuple[int, datetime, UUID]


def remember(keys: Sequence[Key]) -> None:
    """Have these messages made searchable, in the transaction that stored or changed them; one small row."""
    if not keys:
        return
    with wire.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chat_searchbacklog (at, group_ids, sent_ats, message_ids) VALUES (%b, %b, %b, %b)",
            [clock.now(), *_columns(keys)],
            binary=True,
        )


def make_searchable() -> int:
    """Make one portion of what waits searchable; returns how many messages those were, 0 when nothing waits."""
    with transaction.atomic():
        locks.name("chat.search")
        keys: dict[Key, None] = {}
        done = []
        # A few rows at a time: of a long backlog no more is read than is done.
        for row in SearchBacklog.objects.order_by("id").iterator(chunk_size=8):
            if len(keys) >= PORTION:
                break
            done.append(row.pk)
            keys |= dict.fromkeys(zip(row.group_ids, row.sent_ats, row.message_ids, strict=True))
        if done:
            _write(sorted(keys))
            SearchBacklog.objects.filter(pk__among=done).delete()
            live.touch("search")
    return len(keys)


def _write(keys: Sequence[Key]) -> None:
    """Each message as it is now; those that are gone or say nothing are not found (any more)."""
    with wire.cursor() as cursor:
        # The bounds leave out the months that are not meant.
        cursor.execute(
            "SELECT m.group_id, m.sent_at, m.id, m.text FROM unnest(%b::bigint[], %b::timestamptz[], %b::uuid[])"
            " AS k(group_id, sent_at, id) JOIN chat_message m ON m.group_id = k.group_id AND m.sent_at = k.sent_at"
            " AND m.id = k.id WHERE m.sent_at BETWEEN %b AND %b AND m.deleted_at IS NULL",
            [*_columns(keys), min(sent_at for _, sent_at, _ in keys), max(sent_at for _, sent_at, _ in keys)],
            binary=True,
        )
        vectors = {
            (group_id, sent_at, key): vector
            for group_id, sent_at, key, text in cursor.fetchall()
            if (vector := policies.search_vector(text, sent_at))
        }
        found = [key for key in keys if key in vectors]
        if found:
            cursor.execute(
                "INSERT INTO chat_searchtext AS s (group_id, sent_at, id, words)"
                " SELECT k.g, k.s, k.i, k.w::tsvector"
                " FROM unnest(%b::bigint[], %b::timestamptz[], %b::uuid[], %b::text[]) AS k(g, s, i, w)"
                " ON CONFLICT (group_id, sent_at, id) DO UPDATE SET words = excluded.words",
                [*_columns(found), [vectors[key] for key in found]],
                binary=True,
            )
        if gone := [key for key in keys if key not in vectors]:
            cursor.execute(
                "DELETE FROM chat_searchtext s USING unnest(%b::bigint[], %b::timestamptz[], %b::uuid[])"
                " AS k(g, s, i) WHERE s.group_id = k.g AND s.sent_at = k.s AND s.id = k.i",
                _columns(gone),
                binary=True,
            )


def _columns(keys: Collection[Key]) -> list[object]:
    return [[group for group, _, _ in keys], [sent_at for _, sent_at, _ in keys], [key for _, _, key in keys]]
