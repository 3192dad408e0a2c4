"""Groups for a rehearsal, copied or made up: in a transaction that is rolled back, so that nobody ever sees them."""

from collections.abc import Collection, Sequence
from itertools import count

from django.db import connection

from qunce.community.models import Community, Group
from qunce.kernel import clock

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


def simulate_groups(
    *, platform: str, called: str, names: Sequence[str], sizes: Sequence[int], zone: str, language: str
) -> list[int]:
    """Make groups that do not exist, of these names and sizes, in a community of their own; their ids in order."""
    now = clock.now()
    possible = (called if number == 1 else f"{called} {number}" for number in count(1))
    free = next(name for name in possible if not Community.objects.filter(name=name).exists())
    home = Community.objects.create(name=free, zone=zone, languages=[language], created_at=now)
    made = Group.objects.bulk_create(
        Group(
            community=home,
            platform=platform,
            external_id=f"{PREFIX}simulated:{number}",
            name=name,
            member_count=size,
            found_at=now,
            adopted_at=now,
        )
        for number, (name, size) in enumerate(zip(names, sizes, strict=True))
    )
    return [each.pk for each in made]
