"""Broadcasts that are too large to go out without a lead's consent: asked for, given or refused once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from qunce.chat.actions.deliveries import release, tell_gateways, withdraw
from qunce.chat.models import Broadcast, Delivery, Schedule
from qunce.chat.selectors import attention, waves
from qunce.chat.selectors.targets import Target
from qunce.chat.types import Consent, DeliveryState
from qunce.kernel import clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.team import actions as team

KIND = "broadcast"
"""The kind of approval by which somebody asks for this."""
ASKS = gettext_noop("%(name)s wants to send “%(title)s” to %(count)s groups")
REFUSED = gettext_noop("It was not approved.")
LONGEST = timedelta(days=7)


def needs_consent(actor: Actor, found: Sequence[Target]) -> bool:
    """Whether so many groups need the yes of a lead."""
    able = [target for target in found if not target.obstacle]
    places = {target.community_id for target in able}
    return attention.consent_above(actor, places, len(able)) is not None


def ask_for_consent(
    actor: Actor, what: Broadcast | Schedule, found: Sequence[Target], *, until: datetime | None = None
) -> None:
    """Ask the leads, in the caller's transaction; an answer after ``until`` would come too late."""
    planned = isinstance(what, Schedule)
    place = what.community_ids[0] if len(what.community_ids) == 1 else None
    asked = team.ask_approval(
        actor=actor,
        key=f"{'schedule' if planned else 'broadcast'}:{what.pk}",
        kind=KIND,
        sentence=ASKS,
        permission=Permission.LEAD,
        community_id=place,
        params={"name": actor.name, "title": what.title, "count": sum(not target.obstacle for target in found)},
        payload={"schedule" if planned else "broadcast": what.pk},
        life=min(until - clock.now(), LONGEST) if until else LONGEST,
        url=f"/broadcasts/planned/{what.pk}/" if planned else f"/broadcasts/{what.pk}/",
    )
    what.consent, what.consent_asked = Consent.WAITING, asked.pk
    what.save(update_fields=["consent", "consent_asked"])


def settle_broadcast(*, broadcast_id: int, approved: bool) -> None:
    """Let what was asked for leave, in its waves from now on; or never. Happens once."""
    with transaction.atomic():
        broadcast = locks.row(Broadcast, broadcast_id)
        if broadcast.consent != Consent.WAITING:
            return
        broadcast.consent = Consent.GIVEN if approved else Consent.REFUSED
        held = Delivery.objects.filter(broadcast=broadcast, state=DeliveryState.HELD)
        if approved:
            in_waves = waves.waves_of(broadcast)
            broadcast.next_wave_at = clock.now() + timedelta(minutes=in_waves.pause) if in_waves else None
            tell_gateways(release(ids=list(held.filter(wave=0).values_list("pk", flat=True))))
        else:
            broadcast.stopped_at = clock.now()
            withdraw(ids=list(held.values_list("pk", flat=True)), reason=REFUSED)
        broadcast.save(update_fields=["consent", "next_wave_at", "stopped_at"])
        live.touch("broadcasts", f"broadcast:{broadcast.pk}", "today")


def settle_schedule(*, schedule_id: int, approved: bool) -> None:
    """Let it go out when its time comes; or never. Happens once."""
    with transaction.atomic():
        schedule = locks.row(Schedule, schedule_id)
        if schedule.consent != Consent.WAITING:
            return
        schedule.consent = Consent.GIVEN if approved else Consent.REFUSED
        if not approved:
            schedule.next_at, schedule.cancelled_at = None, clock.now()
        schedule.save(update_fields=["consent", "next_at", "cancelled_at"])
        live.touch("broadcasts", "today")
