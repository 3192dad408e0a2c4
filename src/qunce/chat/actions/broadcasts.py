"""Every change of broadcasts: sending, stopping, taking back, trying again what failed."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import policies
from qunce.chat.actions.consent import ask_for_consent, needs_consent
from qunce.chat.actions.deliveries import hold, plan_again, want_recall, withdraw
from qunce.chat.actions.links import shorten
from qunce.chat.events import BroadcastPlanned
from qunce.chat.models import Broadcast, Delivery, Schedule
from qunce.chat.selectors import broadcasts as reads
from qunce.chat.selectors.targets import Target, counts_clicks, selectable, targets
from qunce.chat.types import PLAIN, Consent, DeliveryState, Manner, Purpose, Selection, Signals, to_json
from qunce.community import selectors as community
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.events import publish
from qunce.kernel.ids import new_id

LONGEST_TITLE = 120
NO_ACCOUNT = 0
"""Stands for the account of a delivery that no account could make."""
LATER = gettext_noop("Waits for its wave.")
UNASKED = gettext_noop("Waits for approval.")
SENT = gettext_noop("%(actor)s sent the broadcast “%(title)s” (groups: %(count)s).")
WROTE = gettext_noop("%(actor)s wrote the broadcast “%(title)s”, which waits for approval (groups: %(count)s).")
TESTED = gettext_noop("%(actor)s tried the broadcast “%(title)s” (groups: %(count)s).")


def send_broadcast(
    *,
    actor: Actor,
    text: str,
    selection: Selection,
    submission: UUID,
    title: str = "",
    not_after: datetime | None = None,
    manner: Manner = PLAIN,
    schedule: Schedule | None = None,
) -> Broadcast:
    """Plan one message per group of the selection, filled in for each, in one statement; gateways send them.

    Groups that cannot be reached are on the record as skipped, with the reason; those of later waves are held.
    ``submission`` is the form's own id: what comes a second time under it returns the first. ``title``: for the
    team; by default the text's beginning. ``not_after``: what could not be sent until then is skipped.
    ``schedule``: what it is an occurrence of. Where a lead has to agree all of it is held until then: what was seen
    is what is sent. Raises Invalid.
    """
    title = titled(title, text)
    if not_after is not None and not_after <= clock.now():
        raise Invalid(_("This time is already past."), field="not_after")
    with transaction.atomic():
        locks.name(f"broadcast:{submission}")
        if first := Broadcast.objects.filter(submission=submission).first():
            return _same_again(actor, first)
        found = reachable(actor, selection, text, manner)
        now, waves = clock.now(), manner.waves
        agreed = manner.test or (schedule is not None and schedule.consent == Consent.GIVEN)
        waits = not agreed and needs_consent(actor, found)
        broadcast = Broadcast.objects.create(
            community_ids=sorted({target.community_id for target in found}),
            schedule=schedule,
            title=title,
            text=text,
            manner=to_json(manner),
            created_by=actor.id,
            created_by_name=actor.name,
            created_at=now,
            not_after=not_after,
            next_wave_at=now + timedelta(minutes=waves.pause) if waves and not waits else None,
            tolerated=to_json(Signals()),
            submission=submission,
        )
        _plan(broadcast, found, manner, waits=waits)
        if manner.about and not manner.test:
            publish(BroadcastPlanned(broadcast.pk, manner.about))
        action, said = _said(manner, waits=waits)
        note(actor, broadcast, action, said, count=len(found))
        if waits:
            ask_for_consent(actor, broadcast, found, until=not_after)
        live.touch(*(f"deliveries:{key}" for key in {target.account_id for target in found} if key))
    return broadcast


def reachable(actor: Actor, selection: Selection, text: str, manner: Manner) -> list[Target]:
    """The selection's targets; raises unless this actor may send to all of them and one at least can be reached."""
    _require_all(actor, selection)
    found = targets(actor, selection, text, manner=manner)
    if not any(target.account_id and not target.obstacle for target in found):
        raise Invalid(_("None of the chosen groups can be reached."), field="selection")
    return found


def stop_broadcast(*, actor: Actor, broadcast_id: int) -> int:
    """Send nothing more of a broadcast; what has left stays where it is. Returns how many are not reached.

    They are held: `waves.resume_broadcast` goes on with them.
    """
    with transaction.atomic():
        broadcast = locked(actor, broadcast_id)
        if broadcast.stopped_at is not None:
            raise Conflict(_("This broadcast has been stopped already."))
        stopped = stop(broadcast, _("Stopped by %(name)s.") % {"name": actor.name})
        note(
            actor,
            broadcast,
            "broadcast.stopped",
            gettext_noop("%(actor)s stopped the broadcast “%(title)s” (groups not reached: %(count)s)."),
            count=stopped,
        )
    return stopped


def recall_broadcast(*, actor: Actor, broadcast_id: int) -> int:
    """Stop a broadcast and take back what was sent, where the platform lets us; returns how many that concerns.

    What cannot be taken back stays sent, with the reason. Gateways carry it out; it may be asked for again.
    """
    with transaction.atomic():
        broadcast = locked(actor, broadcast_id)
        stop(broadcast, "")
        held = Delivery.objects.filter(broadcast=broadcast, state=DeliveryState.HELD)
        reason = _("Stopped by %(name)s.") % {"name": actor.name}
        withdraw(ids=list(held.values_list("pk", flat=True)), reason=reason)
        found = reads.recallable(broadcast)
        wanted = want_recall(ids=found.able)
        for reason, ids in found.blocked.items():
            Delivery.objects.filter(pk__in=ids).update(recall_error=reason)
        broadcast.recalled_at = clock.now()
        broadcast.save(update_fields=["recalled_at"])
        note(
            actor,
            broadcast,
            "broadcast.recalled",
            gettext_noop("%(actor)s had the broadcast “%(title)s” taken back (groups: %(count)s)."),
            count=wanted,
        )
    return wanted


def retry_failed(*, actor: Actor, broadcast_id: int) -> int:
    """Send a broadcast once more to the groups where it failed, and to no others; returns how many those are."""
    with transaction.atomic():
        broadcast = locked(actor, broadcast_id)
        if broadcast.stopped_at is not None:
            raise Conflict(_("This broadcast was stopped."), fix=_("Resume it, or send a new one."))
        if broadcast.not_after is not None and broadcast.not_after <= clock.now():
            raise Conflict(_("The time until which it was to be sent is over."), fix=_("Send a new one."))
        failed = Delivery.objects.filter(broadcast=broadcast, state=DeliveryState.FAILED)
        again = plan_again(ids=list(failed.values_list("pk", flat=True)))
        note(
            actor,
            broadcast,
            "broadcast.retried",
            gettext_noop(
                "%(actor)s had the broadcast “%(title)s” sent again where it had failed (groups: %(count)s)."
            ),
            count=len(again),
        )
    return len(again)


# ------------------------------------------------------------------ within
def titled(title: str, text: str) -> str:
    """The title, or else the text's beginning."""
    title = " ".join(title.split()) or " ".join(text.split())[:40]
    if len(title) > LONGEST_TITLE:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_TITLE}, field="title")
    return title


def _same_again(actor: Actor, first: Broadcast) -> Broadcast:
    if first.created_by != actor.id:
        raise Conflict(_("This form was sent by somebody else."), fix=_("Open a new one."))
    return first


def _require_all(actor: Actor, selection: Selection) -> None:
    """Everything that was named can be sent to by this actor; a filter finds only that anyway."""
    if selection.is_empty:
        raise Invalid(_("Choose at least one group."), field="selection")
    for community_id in selection.community_ids:
        community.community(actor, community_id, Permission.OPERATE)
    found = set(selectable(actor, selection).values_list("pk", flat=True)) if selection.group_ids else set()
    for group_id in sorted(set(selection.group_ids) - found)[:1]:
        missing = community.group(actor, group_id)
        if missing.community_id is None or missing.archived_at is not None:
            raise Invalid(
                _("The group “%(group)s” is in no community, or archived.") % {"group": missing.name},
                fix=_("Adopt it first, or leave it out."),
                field="selection",
            )
        raise NotAllowed(permission=Permission.OPERATE)


def _said(manner: Manner, *, waits: bool) -> tuple[str, str]:
    if waits:
        return "broadcast.written", WROTE
    return ("broadcast.tested", TESTED) if manner.test else ("broadcast.sent", SENT)


def _plan(broadcast: Broadcast, found: Sequence[Target], manner: Manner, *, waits: bool) -> None:
    """One delivery per target, in one statement whatever their number."""
    ids = [new_id() for _target in found]
    contents = [target.content for target in found]
    if manner.counted and counts_clicks():
        contents = shorten(broadcast_id=broadcast.pk, contents=list(zip(ids, contents, strict=True)))
    sendable = [target.group_id for target in found if not target.obstacle]
    waves = dict(zip(sendable, policies.in_waves(manner.waves, sendable), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chat_delivery (id, key, account_id, group_id, broadcast_id, wave, purpose, content, state,"
            " reason, created_at, not_before, not_after, attempts, external_id, recall_error)"
            " SELECT d.id, d.key, d.account_id, d.group_id, %s, d.wave, %s, d.content::jsonb, d.state, d.reason,"
            " %s, %s, %s, 0, '', '' FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::int[],"
            " %s::text[], %s::text[], %s::text[]) AS d(id, key, account_id, group_id, wave, content, state, reason)",
            [
                broadcast.pk,
                int(Purpose.SERVICE if manner.test else Purpose.CAMPAIGN),
                broadcast.created_at,
                broadcast.created_at,
                broadcast.not_after,
                ids,
                [f"broadcast:{broadcast.pk}:{target.group_id}" for target in found],
                [target.account_id or NO_ACCOUNT for target in found],
                [target.group_id for target in found],
                [waves.get(target.group_id, 0) for target in found],
                [json.dumps(content.to_json(), ensure_ascii=False) for content in contents],
                [_begins_as(target, waves, waits=waits).value for target in found],
                [
                    target.obstacle or (LATER if waves[target.group_id] else UNASKED if waits else "")
                    for target in found
                ],
            ],
        )


def _begins_as(target: Target, waves: Mapping[int, int], *, waits: bool) -> DeliveryState:
    if target.obstacle:
        return DeliveryState.SKIPPED
    return DeliveryState.HELD if waits or waves[target.group_id] else DeliveryState.PLANNED


def locked(actor: Actor, broadcast_id: int) -> Broadcast:
    """The broadcast's row, held until the transaction ends, for who may operate all its communities.

    Conflict while a lead has to agree to it, and where none did.
    """
    reads.broadcast(actor, broadcast_id, Permission.OPERATE)
    try:
        broadcast = locks.row(Broadcast, broadcast_id)
    except Broadcast.DoesNotExist as error:
        raise NotFound from error
    if broadcast.consent == Consent.WAITING:
        raise Conflict(
            _("This broadcast waits for approval."), fix=_("Take the question back, or wait for the answer.")
        )
    if broadcast.consent == Consent.REFUSED:
        raise Conflict(_("This broadcast was not approved."), fix=_("Send a new one."))
    return broadcast


def stop(broadcast: Broadcast, reason: str) -> int:
    """Hold what is planned, except what may have left: only repeating that tells (see outcomes.settle).

    The caller holds the broadcast's row. Returns how many are held now, later waves included.
    """
    if broadcast.stopped_at is None:
        broadcast.stopped_at = clock.now()
        broadcast.save(update_fields=["stopped_at"])
    of_it = Delivery.objects.filter(broadcast=broadcast)
    planned = of_it.filter(state=DeliveryState.PLANNED, first_claimed_at=None)
    hold(ids=list(planned.values_list("pk", flat=True)), reason=reason)
    return of_it.filter(state=DeliveryState.HELD).count()


def note(actor: Actor, broadcast: Broadcast, action: str, sentence: str, *, count: int) -> None:
    """Record a decision about a broadcast, and have pages read it again."""
    one = broadcast.community_ids[0] if len(broadcast.community_ids) == 1 else None
    audit.record(
        actor,
        action,
        sentence,
        community_id=one,
        about=("broadcast", broadcast.pk),
        title=broadcast.title,
        count=count,
    )
    live.touch("broadcasts", f"broadcast:{broadcast.pk}", "today")
