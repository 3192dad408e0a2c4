"""Broadcasts in waves: the next one is released when the one before is through, and nothing speaks against it."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import policies
from qunce.chat.actions.broadcasts import locked, note, stop
from qunce.chat.actions.deliveries import release, tell_gateways
from qunce.chat.models import Broadcast, Delivery
from qunce.chat.selectors import waves as reads
from qunce.chat.types import DeliveryState, Signals, Waves, from_json, to_json
from qunce.kernel import clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor
from qunce.kernel.errors import Conflict

log = logging.getLogger(__name__)
PASSED = gettext_noop("Stopped by itself.")


def look_after_waves() -> int:
    """Look after every broadcast in waves, each in a transaction of its own; returns how many waves were released.

    May run anywhere, at the same time: a broadcast's row decides who comes first.
    """
    released = 0
    for broadcast_id in reads.watched():
        try:
            released += advance(broadcast_id=broadcast_id)
        except Exception:
            log.exception("the waves of broadcast %s could not be looked after", broadcast_id)
    return released


def advance(*, broadcast_id: int) -> bool:
    """Stop a broadcast where a bound is passed, else release its next wave if it is time; whether it was released."""
    with transaction.atomic():
        broadcast = locks.row(Broadcast, broadcast_id)
        waves = reads.waves_of(broadcast)
        if waves is None or broadcast.stopped_at is not None or broadcast.next_wave_at is None:
            return False
        against = reads.signals(broadcast)
        tolerated = from_json(Signals, broadcast.tolerated)
        if policies.passed(waves, against.beyond(tolerated)):
            _stop_by_itself(broadcast, against.beyond(tolerated))
            return False
        if broadcast.next_wave_at > clock.now() or not reads.is_through(broadcast):
            return False
        return _release_next(broadcast, waves)


def _stop_by_itself(broadcast: Broadcast, against: Signals) -> None:
    broadcast.stopped_for = to_json(against)
    broadcast.save(update_fields=["stopped_for"])
    count = stop(broadcast, PASSED)
    note(
        SYSTEM,
        broadcast,
        "broadcast.stopped",
        gettext_noop("“%(title)s” stopped by itself: a bound was passed (groups not reached: %(count)s)."),
        count=count,
    )


def _release_next(broadcast: Broadcast, waves: Waves) -> bool:
    """Give the next wave to the gateways; after the last one nothing is watched any more."""
    number = reads.next_wave(broadcast)
    now = clock.now()
    over = broadcast.not_after is not None and broadcast.not_after <= now
    pause = timedelta() if over else timedelta(minutes=waves.pause)  # what is too late is only skipped
    broadcast.next_wave_at = None if number is None else now + pause
    broadcast.wave = broadcast.wave if number is None else number
    broadcast.save(update_fields=["next_wave_at", "wave"])
    if number is not None:
        of_it = Delivery.objects.filter(broadcast=broadcast, state=DeliveryState.HELD, wave=number)
        tell_gateways(release(ids=list(of_it.values_list("pk", flat=True))))
    live.touch("broadcasts", f"broadcast:{broadcast.pk}", "today")
    return number is not None


def resume_broadcast(*, actor: Actor, broadcast_id: int) -> int:
    """Go on with a broadcast that was stopped, or has stopped by itself; returns how many leave now.

    What was not reached goes on, later waves in their turn; what had spoken against it is tolerated from now on.
    """
    with transaction.atomic():
        broadcast = locked(actor, broadcast_id)
        if broadcast.recalled_at is not None:
            raise Conflict(_("This broadcast was taken back."), fix=_("Send a new one."))
        if broadcast.stopped_at is None:
            raise Conflict(_("This broadcast is under way already."))
        if broadcast.not_after is not None and broadcast.not_after <= clock.now():
            raise Conflict(_("The time until which it was to be sent is over."), fix=_("Send a new one."))
        broadcast.stopped_at, broadcast.stopped_for = None, None
        broadcast.tolerated = to_json(reads.signals(broadcast))
        broadcast.save(update_fields=["stopped_at", "stopped_for", "tolerated"])
        of_it = Delivery.objects.filter(broadcast=broadcast, state=DeliveryState.HELD, wave__lte=broadcast.wave)
        released = release(ids=list(of_it.values_list("pk", flat=True)))
        tell_gateways(released)
        note(
            actor,
            broadcast,
            "broadcast.resumed",
            gettext_noop("%(actor)s went on with the broadcast “%(title)s” (groups: %(count)s)."),
            count=len(released),
        )
    return len(released)
