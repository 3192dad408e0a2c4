"""The bare limit of taking in messages: a hand-written loop on tables of the same shape.

Binary COPY to a stage, insert on conflict, automaton match, two roll-up upserts, reply rows; no people, no
scopes, no history, no error handling. What Qunce is measured against.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg
from ahocorasick_rs import AhoCorasick, Implementation

from qunce.chat.types import MessageReceived
from qunce.kernel.ids import new_id

TABLES = """
CREATE TABLE bare_message (LIKE chat_message INCLUDING ALL) PARTITION BY RANGE (sent_at);
CREATE TABLE bare_message_all PARTITION OF bare_message DEFAULT;
CREATE TABLE bare_hour (group_id bigint, hour timestamptz, messages int, PRIMARY KEY (group_id, hour))
    WITH (fillfactor = 80);
CREATE TABLE bare_day (group_id bigint, day date, identity_id bigint, messages int,
    PRIMARY KEY (group_id, day, identity_id)) WITH (fillfactor = 80);
CREATE TABLE bare_reply (id uuid PRIMARY KEY, group_id bigint, key text UNIQUE, content text);
CREATE UNLOGGED TABLE bare_stage (group_id bigint, sent_at timestamptz, id uuid, external_id text,
    identity_id bigint, text text);
"""
_TYPES = ["int8", "timestamptz", "uuid", "text", "int8", "text"]


class Bare:
    """The loop, with everything it knows in memory."""

    def __init__(self, wire: psycopg.Connection, keywords: Sequence[str]) -> None:
        self.wire = wire
        self.automaton = AhoCorasick(keywords, implementation=Implementation.ContiguousNFA)

    def run(self, batches: Sequence[Sequence[MessageReceived]]) -> None:
        """Take in all batches, each in one transaction."""
        for batch in batches:
            with self.wire.transaction(), self.wire.cursor(binary=True) as cursor:
                self._batch(cursor, batch)

    def _batch(self, cursor: psycopg.Cursor, batch: Sequence[MessageReceived]) -> None:
        cursor.execute("TRUNCATE bare_stage")
        by_id = {}
        with cursor.copy("COPY bare_stage FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_TYPES)
            for event in batch:
                group_id, who = int(event.group[5:]), int(event.sender.external_id[7:])
                key = new_id()
                by_id[key] = (group_id, who, event)
                copy.write_row((group_id, event.sent_at, key, event.external_id, who, event.text))
        cursor.execute(
            "INSERT INTO bare_message (group_id, sent_at, id, external_id, identity_id, text, origin, from_us)"
            " SELECT group_id, sent_at, id, external_id, identity_id, text, 1, false FROM bare_stage"
            " ORDER BY group_id ON CONFLICT DO NOTHING RETURNING id"
        )
        new = [by_id[key] for (key,) in cursor.fetchall()]
        self._count(cursor, new)
        replies = [
            (new_id(), group_id, f"{group_id}:{event.external_id}")
            for group_id, _who, event in new
            if self.automaton.find_matches_as_indexes(event.text)
        ]
        if replies:
            cursor.execute(
                "INSERT INTO bare_reply SELECT i, g, k, '收到' FROM unnest(%b::uuid[], %b::bigint[], %b::text[])"
                " AS r(i, g, k) ON CONFLICT DO NOTHING",
                [list(column) for column in zip(*replies, strict=True)],
            )

    def _count(self, cursor: psycopg.Cursor, new: Sequence[tuple[int, int, MessageReceived]]) -> None:
        hours: Counter[Any] = Counter(
            (g, event.sent_at.replace(minute=0, second=0, microsecond=0)) for g, _who, event in new
        )
        days: Counter[Any] = Counter((g, event.sent_at.date(), who) for g, who, event in new)
        for table, columns, counts in (
            ("bare_hour (group_id, hour, messages)", "(group_id, hour)", hours),
            ("bare_day (group_id, day, identity_id, messages)", "(group_id, day, identity_id)", days),
        ):
            keys = sorted(counts)
            types = "%b::bigint[], %b::timestamptz[]" if counts is hours else "%b::bigint[], %b::date[], %b::bigint[]"
            name = table.split(" ", 1)[0]
            cursor.execute(
                f"INSERT INTO {table} SELECT * FROM unnest({types}, %b::int4[])"  # noqa: S608 (names from above)
                f" ON CONFLICT {columns} DO UPDATE SET messages = {name}.messages + excluded.messages",
                [*(list(column) for column in zip(*keys, strict=True)), [counts[key] for key in keys]],
            )
