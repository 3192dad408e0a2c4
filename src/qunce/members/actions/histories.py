"""Taking back what a history told of people: stays, traces of what they said, and who came with it alone."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from qunce.kernel import revisions
from qunce.members.actions.pipeline import record_heard
from qunce.members.models import Membership
from qunce.members.types import StayChange

_SILENT = """
SELECT i.id, i.home_id FROM members_identity i
JOIN members_member m ON m.id = i.home_id AND m.id = i.member_id AND m.root_id = m.id
WHERE i.platform = %s AND i.created_at BETWEEN %s AND %s
AND m.tags = '{}' AND NOT m.is_core AND NOT m.is_team AND m.named_id IS NULL AND m.step = '' AND m.muted_at IS NULL
AND NOT EXISTS (SELECT 1 FROM members_membership s WHERE s.identity_id = i.id)
AND NOT EXISTS (SELECT 1 FROM members_membership s WHERE s.inviter_id = i.id)
AND NOT EXISTS (SELECT 1 FROM members_member o WHERE o.root_id = m.id AND o.id <> m.id)
AND NOT EXISTS (SELECT 1 FROM members_identity o WHERE o.member_id = m.id AND o.id <> i.id)
AND NOT EXISTS (SELECT 1 FROM members_entry e WHERE e.member_id = m.id AND e.kind NOT IN ('merged', 'separated'))
AND NOT EXISTS (SELECT 1 FROM members_memberlink k WHERE k.member_id = m.id)
ORDER BY i.id LIMIT %s
"""
_PORTION = 2000


def take_back_stays(*, changes: Collection[StayChange]) -> None:
    """Undo entries and departures as `record_stays` returned them, the latest told first.

    What others have told of the same stays since then remains. In the caller's transaction.
    """
    wanted = {(change.group_id, change.identity_id) for change in changes}
    stays: dict[tuple[int, int], list[Membership]] = defaultdict(list)
    rows = Membership.objects.filter(
        group_id__in={group for group, _ in wanted},
        identity_id__among={identity for _, identity in wanted},
        heard=False,
    ).order_by("pk")
    for row in rows.select_for_update():
        stays[row.group_id, row.identity_id].append(row)
    changed: dict[int, Membership] = {}
    gone: set[int] = set()
    for change in changes:
        here = [row for row in stays[change.group_id, change.identity_id] if row.pk not in gone]
        for row in here:
            if (row.joined_at if change.joined else row.left_at) == change.at:
                if _is_no_more(row, change, here):
                    gone.add(row.pk)
                elif change.joined:
                    row.joined_at, row.inviter_id, row.source = None, None, ""
                else:
                    row.left_at = None
                changed[row.pk] = row
                break
    Membership.objects.filter(pk__among=gone).delete()
    kept = [row for key, row in changed.items() if key not in gone]
    Membership.objects.bulk_update(kept, ["joined_at", "left_at", "inviter_id", "source"])


def _is_no_more(row: Membership, change: StayChange, here: Collection[Membership]) -> bool:
    """Whether nothing is left of a stay without the change."""
    if change.joined:
        return change.opened and row.left_at is None
    if change.opened:
        return row.joined_at is None
    # The stay would last again: only one of somebody's does.
    return any(other.left_at is None for other in here if other.pk != row.pk)


def retell_heard(
    *, group_id: int, heard: Mapping[int, tuple[datetime, datetime]], present: Mapping[int, datetime]
) -> None:
    """Of what was said in a group before we came, this is what is left: identity id → first and last heard.

    ``present``: who has spoken since we are there, and since when; they are in the group, unless a stay says
    otherwise. In the caller's transaction.
    """
    traces = Membership.objects.filter(group_id=group_id, heard=True)
    gone = set(traces.values_list("identity_id", flat=True)) - heard.keys()
    traces.filter(identity_id__among=gone).delete()
    rows = sorted(heard.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE members_membership s SET seen_at = p.first, left_at = p.last"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS p(identity_id, first, last)"
            " WHERE s.group_id = %s AND s.heard AND s.identity_id = p.identity_id"
            " AND (s.seen_at, s.left_at) IS DISTINCT FROM (p.first, p.last)",
            [[key for key, _ in rows], [told[0] for _, told in rows], [told[1] for _, told in rows], group_id],
        )
    # Whose stay was taken back may have said what remains.
    stays = set(Membership.objects.filter(group_id=group_id).values_list("identity_id", flat=True))
    record_heard(heard={(group_id, key): told for key, told in heard.items() if key not in stays})
    known = set(Membership.objects.filter(group_id=group_id, heard=False).values_list("identity_id", flat=True))
    Membership.objects.bulk_create(
        Membership(group_id=group_id, identity_id=key, seen_at=at)
        for key, at in sorted(present.items())
        if key not in known
    )
    if gone:
        revisions.bump("people")


def remove_silent(*, platform: str, since: datetime, until: datetime) -> int:
    """Remove people who were first met between the moments and of whom nothing is left: no stay, nothing written.

    Returns how many. It may be cut off anywhere; whoever speaks just now stays.
    """
    removed = 0
    while found := _remove_silent(platform, since, until):
        removed += found
    return removed


def _remove_silent(platform: str, since: datetime, until: datetime) -> int:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # First, so that no process takes somebody for known whom this removes.
            revisions.bump("people")
            cursor.execute(_SILENT, [platform, since, until, _PORTION])
            rows = cursor.fetchall()
            identities, people = [row[0] for row in rows], [row[1] for row in rows]
            cursor.execute("DELETE FROM members_entry WHERE member_id = ANY(%s)", [people])
            cursor.execute("DELETE FROM members_identity WHERE id = ANY(%s)", [identities])
            cursor.execute("DELETE FROM members_member WHERE id = ANY(%s)", [people])
    except IntegrityError:  # somebody has just been heard again
        return 0
    return len(rows)
