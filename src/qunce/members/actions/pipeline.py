"""The pipeline's part: identities and their names as they are met, and stays in groups."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from django.db import connection

from qunce.kernel import clock, wire
from qunce.members import policies
from qunce.members.models import Membership
from qunce.members.types import Account, StayChange

_NAME = 255


def resolve_identities(*, platform: str, accounts: Mapping[str, Account]) -> dict[str, int]:
    """Ids of the identities behind accounts of a platform, by external id; unknown ones get a member of their own.

    A changed name is taken over; an empty one says nothing. Runs in the caller's transaction.
    """
    keys = sorted(accounts)
    with connection.cursor() as cursor:
        known = _known(cursor, platform, keys)
        missing = [key for key in keys if key not in known]
        if missing:
            _create(cursor, platform, [accounts[key] for key in missing])
            known |= _known(cursor, platform, missing)
        renamed = [
            (known[key][0], known[key][1], accounts[key].name[:_NAME])
            for key in keys
            if accounts[key].name and accounts[key].name[:_NAME] != known[key][1]
        ]
        if renamed:
            _rename(cursor, renamed)
    return {key: known[key][0] for key in keys}


def _known(cursor: object, platform: str, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT external_id, id, name FROM members_identity WHERE platform = %s AND external_id = ANY(%s)",
        [platform, list(keys)],
    )
    return {key: (number, name) for key, number, name in cursor.fetchall()}  # type: ignore[attr-defined]


def _create(cursor: object, platform: str, accounts: Sequence[Account]) -> None:
    """One member per new identity; the identity's unique key decides when two batches see it at once."""
    now = clock.now()
    names = [account.name[:_NAME] for account in accounts]
    called = [name or account.external_id for name, account in zip(names, accounts, strict=True)]
    cursor.execute(  # type: ignore[attr-defined]
        "WITH wanted AS (SELECT nextval(pg_get_serial_sequence('members_member', 'id')) AS member_id, a.*"
        " FROM unnest(%s::text[], %s::text[], %s::bool[], %s::text[], %s::text[], %s::text[])"
        " AS a(external_id, name, is_bot, called, sort_key, keys)), fresh AS (INSERT INTO members_identity"
        " (member_id, home_id, platform, external_id, name, is_bot, created_at)"
        " SELECT member_id, member_id, %s, external_id, name, is_bot, %s FROM wanted"
        " ON CONFLICT (platform, external_id) DO NOTHING RETURNING member_id)"
        " INSERT INTO members_member (id, root_id, name, sort_key, keys, merged_by_name, tags, is_bot, is_core,"
        " is_team, named_name, step, step_by_name, created_at)"
        " SELECT member_id, member_id, called, sort_key, array_to_tsvector(string_to_array(keys, E'\\n')),"
        " '', '{}', is_bot, false, false, '', '', '', %s FROM fresh JOIN wanted USING (member_id)",
        [
            [account.external_id for account in accounts],
            names,
            [account.is_bot for account in accounts],
            called,
            [policies.sort_key(name) for name in called],
            [
                policies.keys_text(policies.search_keys([name], [account.external_id]))
                for name, account in zip(names, accounts, strict=True)
            ],
            platform,
            now,
            now,
        ],
    )


def _rename(cursor: object, renamed: Sequence[tuple[int, str, str]]) -> None:
    """The member it came with is renamed along as long as nobody has given them another name."""
    cursor.execute(  # type: ignore[attr-defined]
        "WITH renamed AS (UPDATE members_identity i SET name = r.after"
        " FROM unnest(%s::bigint[], %s::text[]) AS r(id, after) WHERE i.id = r.id"
        " RETURNING i.id, i.home_id, i.external_id)"
        " SELECT r.id, m.id, m.name, r.external_id FROM members_member m JOIN renamed r ON r.home_id = m.id"
        " ORDER BY m.id FOR UPDATE OF m",  # in the order in which merges lock them
        [[key for key, _, _ in renamed], [after for _, _, after in renamed]],
    )
    told = {key: (before, after) for key, before, after in renamed}
    members = []
    for key, member_id, called, external_id in cursor.fetchall():  # type: ignore[attr-defined]
        before, after = told[key]
        name = after if called in {before, external_id} else called
        keys = policies.keys_text(policies.search_keys([name, after], [external_id]))
        members.append((member_id, name, policies.sort_key(name), keys))
    write_names(cursor, members)


def write_names(cursor: object, members: Sequence[tuple[int, str, str, str]]) -> None:
    """Names of members with what they are sorted and found by: (id, name, policies.sort_key, policies.keys_text)."""
    cursor.execute(  # type: ignore[attr-defined]
        "UPDATE members_member m SET name = r.name, sort_key = r.sort_key,"
        " keys = array_to_tsvector(string_to_array(r.keys, E'\\n'))"
        " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS r(id, name, sort_key, keys)"
        " WHERE m.id = r.id",
        [list(column) for column in zip(*members, strict=True)],
    )


def record_heard(*, heard: Mapping[tuple[int, int], tuple[datetime, datetime]]) -> None:
    """What was said before we came: (group id, identity id) → when they were first and last heard there.

    It proves no presence; where no stay is known it is the trace by which they are found at all.
    """
    if not heard:
        return
    rows = sorted(heard)
    groups, identities = zip(*rows, strict=True)
    with wire.ahead() as cursor:
        cursor.execute(
            "INSERT INTO members_membership (group_id, identity_id, nickname, source, seen_at, left_at, heard)"
            " SELECT p.g, p.i, '', '', p.first, p.last, true"
            " FROM unnest(%b::bigint[], %b::bigint[], %b::timestamptz[], %b::timestamptz[]) AS p(g, i, first, last)"
            " LEFT JOIN members_membership s ON s.group_id = p.g AND s.identity_id = p.i AND NOT s.heard"
            " WHERE s.id IS NULL ON CONFLICT (group_id, identity_id) WHERE heard"
            " DO UPDATE SET left_at = greatest(members_membership.left_at, excluded.left_at),"
            " seen_at = least(members_membership.seen_at, excluded.seen_at)",
            [list(groups), list(identities), [heard[row][0] for row in rows], [heard[row][1] for row in rows]],
        )


def record_presence(*, pairs: Iterable[tuple[int, int]], at: datetime) -> None:
    """Somebody spoke in a group, so they are in it: open a stay where there is none (group id, identity id)."""
    rows = sorted(set(pairs))
    if not rows:
        return
    groups, identities = zip(*rows, strict=True)
    with wire.ahead() as cursor:
        cursor.execute(
            "INSERT INTO members_membership (group_id, identity_id, nickname, source, seen_at, heard)"
            " SELECT p.g, p.i, '', '', %b::timestamptz, false FROM unnest(%b::bigint[], %b::bigint[]) AS p(g, i)"
            " ON CONFLICT (group_id, identity_id) WHERE left_at IS NULL DO NOTHING",
            [at, list(groups), list(identities)],
        )


def record_stays(*, changes: Sequence[StayChange]) -> list[StayChange]:
    """Apply joins and leaves, doubled or out of order as they come; returns those that told something new."""
    by_pair: dict[tuple[int, int], list[policies.Stay]] = defaultdict(list)
    wanted = {(change.group_id, change.identity_id) for change in changes}
    stored = Membership.objects.filter(
        group_id__in={group for group, _ in wanted},
        identity_id__in={identity for _, identity in wanted},
        heard=False,
    ).order_by("id")
    for stay in stored:
        if (stay.group_id, stay.identity_id) in wanted:
            by_pair[stay.group_id, stay.identity_id].append(policies.Stay(stay.pk, stay.joined_at, stay.left_at))
    news: list[StayChange] = []
    for index in policies.in_order([change.at for change in changes]):
        change = changes[index]
        stays = by_pair[change.group_id, change.identity_id]
        at, known = change.at, len(stays)
        if policies.join(stays, at) if change.joined else policies.leave(stays, at or clock.now()):
            news.append(replace(change, opened=len(stays) > known))
    _write(by_pair, {(c.group_id, c.identity_id, c.at): c for c in news if c.joined})
    return news


Stays = Mapping[tuple[int, int], list[policies.Stay]]


def _write(by_pair: Stays, joins: Mapping[tuple[int, int, datetime | None], StayChange]) -> None:
    fresh: list[Membership] = []
    changed: list[Membership] = []
    introduced: list[Membership] = []
    for (group_id, identity_id), stays in sorted(by_pair.items()):
        for stay in filter(attrgetter("changed"), stays):
            told = joins.get((group_id, identity_id, stay.joined_at))
            row = Membership(
                pk=stay.id,
                group_id=group_id,
                identity_id=identity_id,
                seen_at=stay.joined_at or stay.left_at or clock.now(),
                joined_at=stay.joined_at,
                left_at=stay.left_at,
            )
            if told is not None:
                row.inviter_id, row.source = told.inviter_id, told.source[:80]
                if stay.id:
                    introduced.append(row)
            (changed if stay.id else fresh).append(row)
    # Ending a stay comes before opening the next: at most one is open at any moment.
    Membership.objects.bulk_update(changed, ["joined_at", "left_at"])
    Membership.objects.bulk_update(introduced, ["inviter_id", "source"])
    Membership.objects.bulk_create(fresh)
