"""Copies of people for a rehearsal: in a transaction that is rolled back, so that nobody ever sees them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import connection

_CLONE = """
WITH source AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('members_member', 'id')) AS member_id,
    nextval(pg_get_serial_sequence('members_identity', 'id')) AS identity_id, ranked.*
    FROM (
        SELECT g.clone AS group_id, i.platform, i.external_id, i.name AS called, i.is_bot, s.nickname, s.source,
        s.seen_at, s.joined_at, m.name, m.sort_key, m.tags, m.is_core, m.is_team, m.muted_at, m.created_at,
        row_number() OVER (PARTITION BY s.group_id ORDER BY i.member_id <> ALL(%s::bigint[]), s.id) AS place
        FROM unnest(%s::bigint[], %s::bigint[]) AS g(original, clone)
        JOIN members_membership s ON s.group_id = g.original AND s.left_at IS NULL
        JOIN members_identity i ON i.id = s.identity_id JOIN members_member m ON m.id = i.member_id
        WHERE NOT i.is_bot
    ) AS ranked WHERE place <= %s
), people AS (
    INSERT INTO members_member (id, name, sort_key, keys, merged_by_name, root_id, tags, is_bot, is_core, is_team,
    named_name, step, step_by_name, muted_at, created_at)
    SELECT member_id, name, sort_key, '', '', member_id, tags, is_bot, is_core, is_team, '', '', '', muted_at,
    created_at FROM source
), accounts AS (
    INSERT INTO members_identity (id, member_id, home_id, platform, external_id, name, is_bot, created_at)
    SELECT identity_id, member_id, member_id, platform, 'rehearsal:' || group_id || ':' || external_id, called,
    is_bot, created_at FROM source
)
INSERT INTO members_membership (group_id, identity_id, nickname, source, seen_at, joined_at, heard)
SELECT group_id, identity_id, nickname, source, seen_at, joined_at, false FROM source
RETURNING group_id, identity_id
"""

_COPIES = """
SELECT g.clone, i.member_id, copy.member_id FROM unnest(%s::bigint[], %s::bigint[]) AS g(original, clone)
JOIN members_membership s ON s.group_id = g.original AND s.left_at IS NULL
JOIN members_identity i ON i.id = s.identity_id
JOIN members_identity copy ON copy.platform = i.platform
    AND copy.external_id = 'rehearsal:' || g.clone || ':' || i.external_id
WHERE i.member_id = ANY(%s)
"""

_SIMULATE = """
WITH source AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('members_member', 'id')) AS member_id,
    nextval(pg_get_serial_sequence('members_identity', 'id')) AS identity_id, g.id AS group_id, g.name, g.platform
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS g(id, platform, name)
), people AS (
    INSERT INTO members_member (id, name, sort_key, keys, merged_by_name, root_id, tags, is_bot, is_core, is_team,
    named_name, step, step_by_name, created_at)
    SELECT member_id, name, name, '', '', member_id, '{}', false, false, false, '', '', '', %s FROM source
), accounts AS (
    INSERT INTO members_identity (id, member_id, home_id, platform, external_id, name, is_bot, created_at)
    SELECT identity_id, member_id, member_id, platform, 'simulated:' || identity_id, name, false, %s FROM source
)
INSERT INTO members_membership (group_id, identity_id, nickname, source, seen_at, joined_at, heard)
SELECT group_id, identity_id, '', '', %s, %s, false FROM source RETURNING group_id, identity_id
"""


def clone_people(*, groups: Mapping[int, int], most: int, first: Collection[int] = ()) -> dict[int, list[int]]:
    """Copy up to ``most`` people of each group into its copy (original → copy); identities by copy. No bots.

    ``first``: members who are copied before others.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLONE, [list(first), list(groups), list(groups.values()), most])
        return _by_group(cursor.fetchall())


def copies_of(*, groups: Mapping[int, int], member_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """The copies of members, by the copy of the group and the member that they are copied from."""
    with connection.cursor() as cursor:
        cursor.execute(_COPIES, [list(groups), list(groups.values()), list(member_ids)])
        return {(group_id, member_id): copy for group_id, member_id, copy in cursor.fetchall()}


def simulate_people(
    *, groups: Mapping[int, str], names: Mapping[int, Sequence[str]], joined_at: datetime
) -> dict[int, list[int]]:
    """Put people who do not exist into groups (id → platform), under the names of each group; identities by group."""
    people = [(key, platform, name) for key, platform in groups.items() for name in names[key]]
    with connection.cursor() as cursor:
        ids, platforms, called = ([each[place] for each in people] for place in range(3))
        cursor.execute(_SIMULATE, [ids, platforms, called, joined_at, joined_at, joined_at, joined_at])
        return _by_group(sorted(cursor.fetchall()))


def _by_group(rows: list[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for group_id, identity_id in rows:
        found.setdefault(group_id, []).append(identity_id)
    return found
