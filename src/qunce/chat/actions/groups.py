"""Rooms that accounts are in: found, adopted, read by one account each, and read back."""

from collections.abc import Sequence

from django.db import transaction

from qunce.chat.connector import connectors
from qunce.chat.models import Seat
from qunce.chat.types import GroupGone, GroupMoved, GroupSeen, ReadHistory
from qunce.community import actions as community
from qunce.community import selectors
from qunce.community.types import FoundGroup
from qunce.kernel import clock, live, revisions
from qunce.kernel.actor import Actor


# ------------------------------------------------------------------ the pipeline's part
def record_seen(account_id: int, platform: str, seen: Sequence[GroupSeen]) -> dict[str, int]:
    """The account is in these rooms; returns their ids by external id."""
    found = [FoundGroup(each.group, each.name, each.topic, each.member_count, each.direct) for each in seen]
    rooms = community.record_found(platform=platform, found=found)
    ids = sorted(rooms.values())
    known = dict(Seat.objects.filter(account_id=account_id, group_id__in=ids).values_list("group_id", "left_at"))
    back = [group_id for group_id, left_at in known.items() if left_at is not None]
    now = clock.now()
    Seat.objects.bulk_create(
        [Seat(account_id=account_id, group_id=key, joined_at=now) for key in ids if key not in known],
        ignore_conflicts=True,
    )
    if back:
        Seat.objects.filter(account_id=account_id, group_id__in=back).update(
            left_at=None, left_reason="", joined_at=now
        )
        give_readers(back)
    for each in seen:
        if each.reads is not None:
            Seat.objects.filter(account_id=account_id, group_id=rooms[each.group]).update(reads_less=each.reads)
    if back or len(known) < len(ids):
        revisions.bump("groups")
        live.touch("groups", "today")
    return rooms


def record_gone(account_id: int, platform: str, gone: Sequence[GroupGone]) -> None:
    """The account is no longer in these rooms: it stops reading, another account of ours there takes over."""
    ids = community.record_found(platform=platform, found=[FoundGroup(each.group) for each in gone])
    for each in gone:
        Seat.objects.filter(account_id=account_id, group_id=ids[each.group], left_at=None).update(
            left_at=clock.now(), left_reason=each.reason, reads=False
        )
    give_readers(sorted(ids.values()))
    revisions.bump("groups")
    live.touch("groups", "today", *(f"group:{key}" for key in ids.values()))


def record_moved(account_id: int, platform: str, moved: Sequence[GroupMoved]) -> None:
    """These rooms have other ids now: our groups go on under them, with all that they hold and who reads them."""
    ids = {each.group: each.to for each in moved}
    left_over = community.record_moved(platform=platform, moved=ids)
    record_seen(account_id, platform, [GroupSeen(new) for new in ids.values()])
    if left_over:
        record_gone(account_id, platform, [GroupGone(old) for old in left_over])
    live.touch("groups")


def give_readers(group_ids: Sequence[int]) -> list[int]:
    """Let one present account read each adopted group that nobody reads; returns the seats' ids."""
    adopted = {facts.id for facts in selectors.group_facts(group_ids)}
    read = set(Seat.objects.filter(group_id__in=adopted, reads=True).values_list("group_id", flat=True))
    first = (
        Seat.objects.filter(group_id__in=adopted - read, left_at=None)
        .order_by("group_id", "account_id")
        .distinct("group_id")
        .values_list("id", flat=True)
    )
    seats = list(first)
    Seat.objects.filter(pk__in=seats).update(reads=True)
    return seats


# ------------------------------------------------------------------ people's part
def adopt(*, actor: Actor, community_id: int, group_ids: Sequence[int], read_back: bool = True) -> list[int]:
    """Take groups into a community: from now on one account reads each and answers there.

    ``read_back``: also read what was said before, where the platform lets us; nothing reacts to that.
    Returns those that were not in the community before. Guard and audit are the community's.
    """
    with transaction.atomic():
        adopted = community.adopt_groups(actor=actor, community_id=community_id, group_ids=group_ids)
        seats = give_readers(group_ids)
        able = [key for key, connector in connectors.items() if connector.capabilities.can(ReadHistory)]
        if read_back:
            Seat.objects.filter(pk__in=seats, account__platform__in=able, backfill="").update(backfill="wanted")
        revisions.bump("groups")
        live.touch("groups", "today", "backfill")
    return adopted


def release(*, actor: Actor, group_ids: Sequence[int]) -> list[int]:
    """Undo an adoption: nobody reads or answers there any more, what was read stays. Returns those."""
    with transaction.atomic():
        released = community.release_groups(actor=actor, group_ids=group_ids)
        still = {facts.id for facts in selectors.group_facts(group_ids)}
        ended = Seat.objects.filter(group_id__in=set(group_ids) - still)
        ended.update(reads=False, backfill="", backfill_before=None)
        revisions.bump("groups")
        live.touch("groups", "today")
    return released


def note_read_back(*, seat_id: int, state: str, before: str | None, read: int, error: str = "") -> None:
    """How far a group has been read back: ``running``, ``done`` or ``failed``; ``read`` messages more."""
    with transaction.atomic():
        seat = Seat.objects.select_for_update().get(pk=seat_id)
        if not seat.reads or not seat.backfill:
            return
        seat.backfill, seat.backfill_before, seat.backfill_error = state, before, error
        seat.backfilled += read
        seat.save(update_fields=["backfill", "backfill_before", "backfill_error", "backfilled"])
        live.touch(f"group:{seat.group_id}")
