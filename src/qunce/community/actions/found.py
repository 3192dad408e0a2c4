"""The pipeline's part: groups as platforms report them."""

from collections.abc import Mapping, Sequence

from django.db import connection

from qunce.community.events import NoticeChanged
from qunce.community.models import Group
from qunce.community.types import FoundGroup
from qunce.kernel import clock, events, revisions


def record_found(*, platform: str, found: Sequence[FoundGroup]) -> dict[str, int]:
    """Take down rooms that an account is in: unknown ones become groups without a community.

    What the platform did not say (None) stays as it was. Returns the ids by external id. Runs in the
    caller's transaction.
    """
    latest = {each.external_id: each for each in found}
    rows = [latest[key] for key in sorted(latest)]
    _renamed(platform, {row.external_id: row.name for row in rows if row.name is not None})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO community_group AS g"
            " (platform, external_id, name, topic, member_count, direct, tags, found_at)"
            " SELECT %s, f.external_id, coalesce(f.name, ''), coalesce(f.topic, ''), f.member_count, f.direct, '{}',"
            " %s FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::bool[])"
            " AS f(external_id, name, topic, member_count, direct) ON CONFLICT (platform, external_id) DO NOTHING",
            [platform, clock.now(), *_columns(rows)],
        )
        cursor.execute(
            "UPDATE community_group g SET name = coalesce(f.name, g.name), topic = coalesce(f.topic, g.topic),"
            " member_count = coalesce(f.member_count, g.member_count), direct = g.direct OR f.direct"
            " FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::bool[])"
            " AS f(external_id, name, topic, member_count, direct)"
            " WHERE g.platform = %s AND g.external_id = f.external_id AND (g.name, g.topic, g.member_count, g.direct)"
            " IS DISTINCT FROM (coalesce(f.name, g.name), coalesce(f.topic, g.topic),"
            " coalesce(f.member_count, g.member_count), g.direct OR f.direct)",
            [*_columns(rows), platform],
        )
        if cursor.rowcount:
            revisions.bump("groups")
        cursor.execute(
            "SELECT external_id, id FROM community_group WHERE platform = %s AND external_id = ANY(%s)",
            [platform, sorted(latest)],
        )
        return dict(cursor.fetchall())


def _renamed(platform: str, names: Mapping[str, str]) -> None:
    """The notice of adopted groups that are called otherwise now may say their old name."""
    known = Group.objects.filter(platform=platform, external_id__among=list(names), community__isnull=False)
    before = known.values_list("external_id", "name", "community_id") if names else ()
    for community_id in sorted({home for key, name, home in before if names[key][:255] != name and home}):
        events.publish(NoticeChanged(community_id=community_id))


def record_moved(*, platform: str, moved: Mapping[str, str]) -> list[str]:
    """The platform calls rooms by other ids now (old → new): each group goes on under its new one.

    Where the new id was found before we were told, that find, which nobody has adopted, takes the old one. A group
    that was adopted under its new id stays as it is. Returns the old ids that are still a group's. Runs in the
    caller's transaction.
    """
    ids = sorted({*moved, *moved.values()})
    rows = {
        group.external_id: group
        for group in Group.objects.select_for_update().filter(platform=platform, external_id__in=ids).order_by("pk")
    }
    for old, new in moved.items():
        ours, find = rows.get(old), rows.get(new)
        if ours is None or (find and (find.community_id or not ours.community_id)):
            continue
        # An id is taken once: while the two change theirs, the find has one that no platform gives.
        for group, key in ((find, f"{old} → {new}"), (ours, new), (find, old)):
            if group:
                group.external_id = key
                group.save(update_fields=["external_id"])
        rows[new] = ours
        if find:
            rows[old] = find
        else:
            del rows[old]
    revisions.bump("groups")
    return [old for old in moved if old in rows]


def _columns(rows: Sequence[FoundGroup]) -> list[list[object]]:
    """External ids, names, topics, member counts and whether direct, cut to what the columns hold."""
    return [
        [each.external_id[:255] for each in rows],
        [None if each.name is None else each.name[:255] for each in rows],
        [each.topic for each in rows],
        [each.member_count for each in rows],
        [each.direct for each in rows],
    ]
