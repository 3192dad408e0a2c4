"""Counting again: the roll-ups made true from the messages and stays they are counted from.

A group is counted in one statement that adds the difference between what its messages say and what its
roll-up says, both as of one snapshot. Ingest adds too, in the transaction of its messages, so that the two
may run at once; and counting again any number of times, or from the middle, changes nothing.
"""

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction

from qunce.chat.models import Message
from qunce.community import selectors as community
from qunce.kernel import live
from qunce.kernel.actor import SYSTEM
from qunce.members import selectors as members

_HOURS = """
WITH said AS (
    SELECT date_trunc('hour', m.sent_at, 'UTC') AS hour,
        count(*) FILTER (WHERE NOT m.from_us AND m.identity_id <> ALL(%(bots)s)) AS people,
        count(*) FILTER (WHERE m.from_us OR m.identity_id = ANY(%(bots)s)) AS bots
    FROM chat_message m WHERE m.group_id = %(group)s GROUP BY 1
), differs AS (
    SELECT hour, sum(people)::int AS people, sum(bots)::int AS bots FROM (
        SELECT hour, people, bots FROM said
        UNION ALL
        SELECT h.hour, -h.messages, -h.bot_messages FROM chat_grouphour h WHERE h.group_id = %(group)s
    ) AS told GROUP BY hour HAVING sum(people) <> 0 OR sum(bots) <> 0
)
INSERT INTO chat_grouphour AS r (group_id, hour, messages, bot_messages, joined, "left")
SELECT %(group)s, hour, people, bots, 0, 0 FROM differs ORDER BY hour
ON CONFLICT (group_id, hour) DO UPDATE SET
    messages = r.messages + excluded.messages, bot_messages = r.bot_messages + excluded.bot_messages
"""
_DAYS = """
WITH said AS (
    SELECT (m.sent_at AT TIME ZONE %(zone)s)::date AS day, m.identity_id, count(*) AS messages
    FROM chat_message m
    WHERE m.group_id = %(group)s AND NOT m.from_us AND m.identity_id <> ALL(%(bots)s) GROUP BY 1, 2
), differs AS (
    SELECT day, identity_id, sum(messages)::int AS messages FROM (
        SELECT day, identity_id, messages FROM said
        UNION ALL
        SELECT d.day, d.identity_id, -d.messages FROM chat_memberday d WHERE d.group_id = %(group)s
    ) AS told GROUP BY 1, 2 HAVING sum(messages) <> 0
)
INSERT INTO chat_memberday AS r (group_id, day, identity_id, messages)
SELECT %(group)s, day, identity_id, messages FROM differs ORDER BY day, identity_id
ON CONFLICT (group_id, day, identity_id) DO UPDATE SET messages = r.messages + excluded.messages
"""


def count_again(*, group_ids: Collection[int]) -> int:
    """Make the roll-ups of groups true again, each in a transaction of its own; returns how many rows were wrong.

    Messages by hour, and by member and day of the community's present zone. Entries and departures are counted
    as they come in and are left alone.
    """
    zones = community.zones(SYSTEM, group_ids)
    return sum(_count_again(group_id, zones[group_id]) for group_id in sorted(zones))


def _count_again(group_id: int, zone: str) -> int:
    speakers = Message.objects.filter(group_id=group_id).order_by().values_list("identity_id", flat=True).distinct()
    values: dict[str, Any] = {"group": group_id, "zone": zone, "bots": sorted(members.bots(speakers))}
    with transaction.atomic(), connection.cursor() as cursor:
        # In the order in which batches add to them, so that neither waits in a circle.
        cursor.execute(_DAYS, values)
        wrong: int = cursor.rowcount
        cursor.execute(_HOURS, values)
        wrong += cursor.rowcount
        cursor.execute("DELETE FROM chat_memberday WHERE group_id = %s AND messages = 0", [group_id])
        cursor.execute(
            "DELETE FROM chat_grouphour WHERE group_id = %s AND messages = 0 AND bot_messages = 0 AND joined = 0"
            ' AND "left" = 0',
            [group_id],
        )
        if wrong:
            live.touch(f"group:{group_id}")
    return wrong
