"""What became of claims: written down by the gateway that made them, with what the group now shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from qunce.chat.actions.deliveries import move, publish_not_delivered, tell
from qunce.chat.actions.ingest import ingest
from qunce.chat.models import Delivery
from qunce.chat.types import Batch, DeliveryState, Inbound, Origin
from qunce.kernel import clock


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a claim. ``again_at``: when a delivery that goes back to planned is due.

    ``never_left``: in no attempt so far can it have reached the platform.
    """

    id: UUID
    state: DeliveryState
    detail: str = ""
    external_id: str = ""
    sent_at: datetime | None = None
    again_at: datetime | None = None
    never_left: bool = False


@dataclass(frozen=True, slots=True)
class RecallOutcomes:
    """What became of recalls: taken back, refused for good with the reason, or to be tried again at a moment."""

    done: Sequence[UUID] = ()
    refused: Mapping[UUID, str] = field(default_factory=dict)
    later: Mapping[UUID, datetime] = field(default_factory=dict)


def settle(
    *,
    account_id: int,
    epoch: int,
    outcomes: Sequence[Outcome],
    recalls: RecallOutcomes = RecallOutcomes(),
    shown: Sequence[Inbound] = (),
) -> None:
    """Write down outcomes in one transaction; ``shown``: what a wire without echoes now shows in its groups.

    An echo, a takeover or a person may have been quicker: what is settled already stays as it is. Works after
    the lease was lost, too: what was sent was sent. What was put off is held where its broadcast was stopped
    in the meantime (skipped: taken back), unless it may have left: only repeating that tells.
    """
    with transaction.atomic():
        stopped, recalled = of_stopped_broadcasts([outcome.id for outcome in outcomes if outcome.never_left])
        for outcome in outcomes:
            sent = outcome.state is DeliveryState.SENT
            move(
                [outcome.id],
                outcome.state,
                detail=outcome.detail,
                external_id=outcome.external_id or None,
                sent_at=(outcome.sent_at or clock.now()) if sent else None,
                not_before=outcome.again_at,
                afresh=outcome.never_left,
                epoch=epoch,
            )
        publish_not_delivered([each.id for each in outcomes if each.state is DeliveryState.FAILED])
        move(stopped, DeliveryState.HELD, detail=gettext_noop("Its broadcast was stopped."))
        move(recalled, DeliveryState.SKIPPED, detail=gettext_noop("Its broadcast was stopped."))
        _settle_recalls(recalls)
        if shown:
            ingest(Batch(account_id, Origin.LIVE, shown))
        tell(account_id, [*(outcome.id for outcome in outcomes), *recalls.done, *recalls.refused])


def of_stopped_broadcasts(ids: Sequence[UUID]) -> tuple[list[UUID], list[UUID]]:
    """Those whose broadcast is stopped, and those whose is taken back.

    The broadcasts stay as they are until the commit: no stop is missed.
    """
    if not ids:
        return [], []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, b.stopped_at, b.recalled_at FROM chat_delivery d JOIN chat_broadcast b"
            " ON b.id = d.broadcast_id WHERE d.id = ANY(%s) ORDER BY b.id FOR SHARE OF b",
            [list(ids)],
        )
        rows = cursor.fetchall()
    stopped = [key for key, stopped_at, recalled_at in rows if stopped_at and not recalled_at]
    return stopped, [key for key, _stopped_at, recalled_at in rows if recalled_at]


def _settle_recalls(recalls: RecallOutcomes) -> None:
    move(recalls.done, DeliveryState.RECALLED)
    for key, reason in recalls.refused.items():
        Delivery.objects.filter(pk=key).update(recall_wanted_at=None, recall_after=None, recall_error=reason)
    for key, moment in recalls.later.items():
        Delivery.objects.filter(pk=key).update(recall_after=moment)
