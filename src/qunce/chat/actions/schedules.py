"""Broadcasts for later: planned once, they go out by themselves when their time comes, each time exactly once."""

import logging
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import policies
from qunce.chat.actions.broadcasts import reachable, send_broadcast, titled
from qunce.chat.models import Schedule
from qunce.chat.selectors import schedules as reads
from qunce.chat.types import PLAIN, Manner, Rhythm, Selection, to_json
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Busy, Conflict, Invalid, NotFound, QunceError
from qunce.team import selectors as team

log = logging.getLogger(__name__)
GRACE = timedelta(hours=1)
TOO_LATE = gettext_noop("Qunce was not running at that time.")
NOBODY = gettext_noop("Whoever planned it is not in the team any more.")
_OCCURRENCES = UUID("3f0b7a52-5f0e-4c52-9a55-0a6b7c1f6d11")


def plan_broadcast(
    *,
    actor: Actor,
    text: str,
    selection: Selection,
    rhythm: Rhythm,
    submission: UUID,
    title: str = "",
    manner: Manner = PLAIN,
    lasts: timedelta | None = None,
) -> Schedule:
    """Have a broadcast go out later, once or in a rhythm; who is in the selection then gets it.

    ``lasts``: what could not be sent so long after its time is skipped. ``submission`` as in `send_broadcast`.
    Raises Invalid.
    """
    title = titled(title, text)
    first = policies.next_occurrence(rhythm, clock.now())
    if first is None:
        raise Invalid(_("This time is already past."), field="starts")
    if lasts is not None and lasts <= timedelta():
        raise Invalid(_("This is before it begins."), field="not_after")
    with transaction.atomic():
        locks.name(f"broadcast:{submission}")
        if earlier := Schedule.objects.filter(submission=submission).first():
            if earlier.created_by != actor.id:
                raise Conflict(_("This form was sent by somebody else."), fix=_("Open a new one."))
            return earlier
        found = reachable(actor, selection, text, manner)
        schedule = Schedule.objects.create(
            community_ids=sorted({target.community_id for target in found}),
            title=title,
            text=text,
            selection=to_json(selection),
            manner=to_json(manner),
            rhythm=to_json(rhythm),
            lasts=lasts,
            created_by=actor.id,
            created_by_name=actor.name,
            created_at=clock.now(),
            next_at=first,
            submission=submission,
        )
        _note(actor, schedule, "schedule.planned", gettext_noop("%(actor)s planned the broadcast “%(title)s”"))
    return schedule


def cancel_schedule(*, actor: Actor, schedule_id: int) -> None:
    """Nothing more of it goes out; what went out before stays as it is."""
    with transaction.atomic():
        reads.schedule(actor, schedule_id, Permission.OPERATE)
        schedule = locks.row(Schedule, schedule_id)
        if schedule.next_at is None:
            raise Conflict(_("Nothing more of it was to come."))
        schedule.next_at, schedule.cancelled_at = None, clock.now()
        schedule.save(update_fields=["next_at", "cancelled_at"])
        _note(actor, schedule, "schedule.cancelled", gettext_noop("%(actor)s called off the broadcast “%(title)s”"))


def move_schedule(*, actor: Actor, schedule_id: int, day: date) -> Schedule:
    """Have a broadcast that goes out once go out on another day, at the same hour. Raises Conflict, Invalid."""
    with transaction.atomic():
        reads.schedule(actor, schedule_id, Permission.OPERATE)
        schedule = locks.row(Schedule, schedule_id)
        rhythm = reads.rhythm_of(schedule)
        if schedule.next_at is None:
            raise Conflict(_("Nothing more of it was to come."))
        if rhythm.weekdays:
            raise Conflict(_("It goes out again and again: plan it anew for other days."))
        moved = replace(rhythm, first=day)
        at = policies.next_occurrence(moved, clock.now())
        if at is None:
            raise Invalid(_("This time is already past."), field="day")
        if moved != rhythm:
            schedule.rhythm, schedule.next_at = to_json(moved), at
            schedule.save(update_fields=["rhythm", "next_at"])
            _note(
                actor,
                schedule,
                "schedule.moved",
                gettext_noop("%(actor)s moved the broadcast “%(title)s” to another day"),
            )
    return schedule


def begin_due() -> int:
    """Send what is due, each in a transaction of its own; returns how many went out.

    May run anywhere, at the same time: the row decides who comes first, and the occurrence's own id that it is
    sent once.
    """
    begun = 0
    for schedule_id in reads.due():
        try:
            begun += begin(schedule_id=schedule_id)
        except Exception:
            log.exception("planned broadcast %s could not be sent", schedule_id)
    return begun


def begin(*, schedule_id: int) -> bool:
    """Send one occurrence if it is due, and set the next; what is too late, or cannot be sent, is noted as missed."""
    with transaction.atomic():
        schedule = locks.row(Schedule, schedule_id)
        now, at = clock.now(), schedule.next_at
        if at is None or at > now:
            return False
        late = now - at > max(GRACE, schedule.lasts or GRACE)
        why = TOO_LATE if late else _send(schedule, at)
        schedule.next_at = policies.next_occurrence(reads.rhythm_of(schedule), now if late else at)
        if why:
            schedule.missed_at, schedule.missed_why = at, why
        schedule.save(update_fields=["next_at", "missed_at", "missed_why"])
        live.touch("broadcasts", "today")
    return not why


def _send(schedule: Schedule, at: datetime) -> str:
    """Send it in the name, and with the rights, of whoever planned it; returns why that was not possible."""
    try:
        actor = SYSTEM
        if schedule.created_by is not None:
            actor = team.actor_for(team.staff_member(SYSTEM, schedule.created_by))
        send_broadcast(
            actor=actor,
            text=schedule.text,
            selection=reads.selection_of(schedule),
            submission=uuid5(_OCCURRENCES, f"{schedule.pk} {at.isoformat()}"),
            title=schedule.title,
            not_after=at + schedule.lasts if schedule.lasts else None,
            manner=reads.manner_of(schedule),
            schedule=schedule,
        )
    except NotFound:
        return NOBODY
    except Busy:
        raise
    except QunceError as error:
        return str(error)
    return ""


def _note(actor: Actor, schedule: Schedule, action: str, sentence: str) -> None:
    one = schedule.community_ids[0] if len(schedule.community_ids) == 1 else None
    audit.record(actor, action, sentence, community_id=one, about=("schedule", schedule.pk), title=schedule.title)
    live.touch("broadcasts", "today")
