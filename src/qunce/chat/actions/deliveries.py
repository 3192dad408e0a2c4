"""The ledger of everything that leaves: planned, claimed before the wire is touched, settled with what became of it.

Every change of state is one statement that names the states it may start from (policies.TRANSITIONS) and
writes the delivery's history along.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from qunce.chat import policies
from qunce.chat.actions import attention, leases
from qunce.chat.events import NotDelivered
from qunce.chat.models import Delivery
from qunce.chat.stage import Planned
from qunce.chat.types import (
    Capabilities,
    Content,
    DeliveryState,
    Planable,
    operation_from_json,
    operation_to_json,
)
from qunce.community import selectors as community
from qunce.kernel import clock, live, wire
from qunce.kernel.events import publish
from qunce.kernel.ids import new_ids

_S = DeliveryState
_dump = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this gateway, and nobody else, is to send now; or to recall, or an operation to carry out."""

    id: UUID
    group_id: int
    group: str
    content: Content
    reply_to: str | None
    attempts: int
    first_claimed_at: datetime | None
    external_id: str
    recall: bool = False
    operation: Planable | None = None


# ------------------------------------------------------------------ planning
def plan(*, account_id: int, planned: Sequence[Planned], broadcast_id: int | None = None) -> int:
    """Plan deliveries of one account in the caller's transaction; a key that exists is left as it is.

    Returns how many are new.
    """
    if not planned:
        return 0
    now = clock.now()
    with wire.ahead() as cursor:
        cursor.execute(
            "INSERT INTO chat_delivery (id, key, account_id, group_id, broadcast_id, purpose, content, operation,"
            " reply_to, state, reason, created_at, not_before, not_after, attempts, external_id, recall_error)"
            " SELECT d.id, d.key, %b::bigint, d.group_id, %b::bigint, d.purpose, d.content::jsonb,"
            " d.operation::jsonb, d.reply_to, 'planned', '', %b::timestamptz, d.not_before, d.not_after, 0, '', ''"
            " FROM unnest(%b::uuid[], %b::text[], %b::bigint[], %b::smallint[], %b::text[], %b::text[], %b::text[],"
            " %b::timestamptz[], %b::timestamptz[])"
            " AS d(id, key, group_id, purpose, content, operation, reply_to, not_before, not_after)"
            " ON CONFLICT (key) DO NOTHING RETURNING 1",
            [
                account_id,
                broadcast_id,
                now,
                wire.uuids(new_ids(len(planned))),
                wire.texts([each.key for each in planned]),
                wire.bigints([each.group_id for each in planned]),
                wire.smallints([each.purpose for each in planned]),
                wire.texts([_dump(each.content.to_json()) for each in planned]),
                wire.words([_operation(each) for each in planned]),
                wire.words([each.reply_to for each in planned]),
                wire.moments([each.not_before or now for each in planned]),
                wire.moments([each.not_after for each in planned]),
            ],
            binary=True,
        )
        new = len(cursor.fetchall())
    if new:
        live.touch(f"deliveries:{account_id}")
    return new


def _operation(planned: Planned) -> str | None:
    return _dump(operation_to_json(planned.operation)) if planned.operation else None


# ------------------------------------------------------------------ one way to change a state
_MOVE = """
WITH moved AS (
    UPDATE chat_delivery d SET state = %s, reason = %s, external_id = coalesce(%s, d.external_id),
    sent_at = coalesce(%s, d.sent_at), not_before = coalesce(%s, d.not_before),
    attempts = CASE WHEN %s THEN 0 ELSE d.attempts END,
    first_claimed_at = CASE WHEN %s THEN NULL ELSE d.first_claimed_at END
    WHERE d.id = ANY(%s) AND d.state = ANY(%s)
    AND (%s::bigint IS NULL OR d.state <> 'claimed' OR d.claim_epoch = %s) RETURNING d.id
), steps AS (
    INSERT INTO chat_deliverystep (delivery_id, at, state, detail) SELECT id, %s, %s, %s FROM moved
)
SELECT id FROM moved
"""


def move(
    ids: Sequence[UUID],
    target: DeliveryState,
    *,
    detail: str = "",
    external_id: str | None = None,
    sent_at: datetime | None = None,
    not_before: datetime | None = None,
    afresh: bool = False,
    epoch: int | None = None,
) -> list[UUID]:
    """Move deliveries to ``target`` from wherever that is allowed, with a step of history; returns the moved ones.

    ``afresh``: as if it had never been tried. ``epoch``: claims of another holder of the lease stay as they are.
    """
    if not ids:
        return []
    sources = [state.value for state in _S if policies.may_become(state, target)]
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            [
                *(target, detail, external_id, sent_at, not_before, afresh, afresh),
                *(list(ids), sources, epoch, epoch, clock.now(), target, detail),
            ],
        )
        return [key for (key,) in cursor.fetchall()]


# ------------------------------------------------------------------ the gateway's part
_CLAIM = """
WITH due AS (
    SELECT id FROM chat_delivery
    WHERE account_id = %s AND state = 'planned' AND not_before <= %s AND group_id <> ALL(%s)
    AND (purpose < 3 OR first_claimed_at IS NOT NULL OR id = ANY(%s))
    ORDER BY purpose, not_before, id LIMIT %s FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE chat_delivery d SET state = 'claimed', reason = '', claimed_at = %s, claim_epoch = %s,
    attempts = d.attempts + 1, first_claimed_at = coalesce(d.first_claimed_at, %s)
    FROM due WHERE d.id = due.id RETURNING d.*
), steps AS (
    INSERT INTO chat_deliverystep (delivery_id, at, state, detail) SELECT id, %s, 'claimed', '' FROM taken
)
SELECT id, group_id, content, operation, reply_to, attempts, first_claimed_at, external_id
FROM taken ORDER BY purpose, not_before, id
"""


def claim(*, account_id: int, epoch: int, limit: int, waiting: Sequence[int] = ()) -> list[Claimed]:
    """Claim what is due, replies first, leaving out groups that must wait; what is too late is skipped.

    Campaigns wait for the end of quiet hours and keep to the daily cap (`attention.claimable`), unless one was
    tried before: whether it has arrived only repeating tells.

    Committed when it returns. Raises LeaseLostError where another gateway serves the account.
    """
    now = clock.now()
    with transaction.atomic():
        leases.hold(account_id, epoch)
        expire(account_id, now)
        allowed = attention.claimable(account_id=account_id, now=now, waiting=waiting, limit=limit)
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [account_id, now, list(waiting), allowed, limit, now, epoch, now, now])
            rows = cursor.fetchall()
        rooms = community.external_ids(row[1] for row in rows)
    return [
        Claimed(
            key,
            group_id,
            rooms[group_id],
            Content.from_json(json.loads(content)),
            reply_to,
            attempts,
            first,
            external_id,
            operation=operation_from_json(json.loads(operation), rooms[group_id]) if operation else None,
        )
        for key, group_id, content, operation, reply_to, attempts, first, external_id in rows
    ]


def expire(account_id: int, now: datetime) -> None:
    """What is too late is skipped; what may have arrived in an earlier attempt is for a person to judge."""
    late = Delivery.objects.filter(account_id=account_id, state=_S.PLANNED, not_after__lt=now)
    rows = list(late.values_list("id", "first_claimed_at")[:1000])
    untried = [key for key, first in rows if first is None]
    tried = [key for key, first in rows if first is not None]
    if untried:
        with transaction.atomic():
            move(untried, _S.SKIPPED, detail=gettext_noop("Too late: it was no longer to be sent after its time."))
            publish_not_delivered(untried)
    move(tried, _S.UNKNOWN, detail=gettext_noop("Too late to be sent again; an earlier attempt may have arrived."))


def publish_not_delivered(ids: Sequence[UUID]) -> None:
    """Tell the floors above which of these, not of broadcasts, are not going to arrive by themselves."""
    lost = Delivery.objects.filter(pk__in=ids, broadcast=None, state__in=[_S.FAILED, _S.SKIPPED]) if ids else ()
    if keys := [str(each.pk) for each in lost]:
        publish(NotDelivered(keys))


def claim_recalls(*, account_id: int, epoch: int, limit: int) -> list[Claimed]:
    """What is to be taken back now. Taking back twice is harmless, so nothing is marked before."""
    with transaction.atomic(), connection.cursor() as cursor:
        leases.hold(account_id, epoch)
        cursor.execute(
            "SELECT id, group_id, external_id FROM chat_delivery WHERE account_id = %s AND state = 'sent'"
            " AND recall_wanted_at IS NOT NULL AND recall_after <= %s ORDER BY recall_after, id LIMIT %s",
            [account_id, clock.now(), limit],
        )
        rows = cursor.fetchall()
        rooms = community.external_ids(group_id for _key, group_id, _external_id in rows)
    return [
        Claimed(key, group_id, rooms[group_id], Content(()), None, 0, None, external_id, recall=True)
        for key, group_id, external_id in rows
    ]


def take_over(*, account_id: int, epoch: int, capabilities: Capabilities) -> None:
    """Settle the claims of earlier holders, whose outcome nobody knows: again where that is safe, else unknown."""
    now = clock.now()
    with transaction.atomic():
        leases.hold(account_id, epoch)
        open_claims = Delivery.objects.filter(account_id=account_id, state=_S.CLAIMED, claim_epoch__lt=epoch)
        by_state: dict[DeliveryState, list[UUID]] = {_S.PLANNED: [], _S.UNKNOWN: []}
        for key, first, operation in open_claims.values_list("id", "first_claimed_at", "operation"):
            state = policies.after_interruption(capabilities, first or now, now, repeatable=operation is not None)
            by_state[state].append(key)
        move(by_state[_S.PLANNED], _S.PLANNED, detail=gettext_noop("Interrupted; sent again under the same id."))
        move(
            by_state[_S.UNKNOWN],
            _S.UNKNOWN,
            detail=gettext_noop("Interrupted while sending; the platform cannot tell whether it arrived."),
        )
        tell(account_id, by_state[_S.UNKNOWN])


def confirm_echoes(echoes: Mapping[str, str]) -> None:
    """The platform showed us our own messages: whatever we thought, they were sent (delivery id → external id)."""
    ids = [UUID(key) for key in echoes if _is_uuid(key)]
    open_ones = Delivery.objects.filter(pk__in=ids, state__in=[_S.CLAIMED, _S.UNKNOWN]) if ids else []
    for delivery in open_ones:
        move(
            [delivery.pk],
            _S.SENT,
            detail=gettext_noop("Seen in the group."),
            external_id=echoes[str(delivery.pk)],
            sent_at=clock.now(),
        )
    if ids:
        tell(None, ids)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def tell(account_id: int | None, ids: Sequence[UUID]) -> None:
    """Pages that show these deliveries read them again."""
    broadcasts = (
        Delivery.objects.filter(pk__in=list(ids), broadcast__isnull=False).values_list("broadcast_id").distinct()
    )
    live.touch("deliveries", *(f"broadcast:{key}" for (key,) in broadcasts))
    if account_id is not None:
        live.touch(f"account:{account_id}")


# ------------------------------------------------------------------ people's part
def withdraw(*, ids: Sequence[UUID], reason: str) -> list[UUID]:
    """Skip what has not been claimed yet, in the caller's transaction; returns those."""
    return move(ids, _S.SKIPPED, detail=reason)


def hold(*, ids: Sequence[UUID], reason: str) -> list[UUID]:
    """Keep what has not been claimed yet from leaving, in the caller's transaction; returns those."""
    return move(ids, _S.HELD, detail=reason)


def release(*, ids: Sequence[UUID]) -> list[UUID]:
    """Let what was held leave, in the caller's transaction; returns those."""
    return move(ids, _S.PLANNED, not_before=clock.now())


def tell_gateways(ids: Sequence[UUID]) -> None:
    """Whoever serves the accounts of these deliveries looks at the ledger."""
    accounts = Delivery.objects.filter(pk__among=list(ids)).order_by().values_list("account_id", flat=True).distinct()
    live.touch(*(f"deliveries:{account_id}" for account_id in accounts))


def want_recall(*, ids: Sequence[UUID]) -> int:
    """Ask for sent messages to be taken back, and for others as soon as they are sent; returns how many."""
    now = clock.now()
    wanted = Delivery.objects.filter(pk__among=list(ids), state__in=[_S.SENT, _S.CLAIMED, _S.UNKNOWN, _S.PLANNED])
    count = wanted.update(recall_wanted_at=now, recall_after=now, recall_error="")
    tell_gateways(ids)
    return count


def plan_again(*, ids: Sequence[UUID]) -> list[UUID]:
    """Send what has failed once more, in the caller's transaction; returns those."""
    moved = move(ids, _S.PLANNED, not_before=clock.now(), afresh=True)
    tell_gateways(moved)
    return moved
