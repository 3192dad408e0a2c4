"""Copies of groups for a rehearsal: in a transaction that is rolled back, so that nobody ever sees them."""

from collections.abc import Collection

from django.db import connection

PREFIX = "rehearsal:"


def clone_groups(*, group_ids: Collection[int]) -> dict[int, int]:
    """Copy groups with name, tags, size and community under new ids; returns the copy of each.

    No revision is counted: only a process of its own, whose transaction never commits, may do this.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO community_group (community_id, platform, external_id, name, topic, member_count, direct,"
            " tags, found_at, adopted_at, archived_at) SELECT community_id, platform, %s || id, name, topic,"
            " member_count, direct, tags, found_at, adopted_at, archived_at FROM community_group WHERE id = ANY(%s)"
            " RETURNING id, external_id",
            [PREFIX, sorted(group_ids)],
        )
        return {int(external_id.removeprefix(PREFIX)): key for key, external_id in cursor.fetchall()}
