"""Reads of planned broadcasts."""

from django.db.models import QuerySet

from qunce.chat.models import Schedule as Schedule  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.chat.types import Consent, Manner, Rhythm, Selection, from_json
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound


def visible_schedules(actor: Actor, permission: Permission = Permission.VIEW) -> QuerySet[Schedule]:
    """Planned broadcasts all of whose communities the actor may see, those still to come first."""
    allowed = actor.communities(permission)
    found = Schedule.objects.order_by("next_at", "-pk")
    return found if allowed is None else found.filter(community_ids__contained_by=sorted(allowed))


def coming(actor: Actor) -> QuerySet[Schedule]:
    """Those of which something is still to come, the next one first."""
    return visible_schedules(actor).filter(next_at__isnull=False)


def schedule(actor: Actor, schedule_id: int, permission: Permission = Permission.VIEW) -> Schedule:
    """One of them. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = visible_schedules(actor).filter(pk=schedule_id).first()
    if found is None:
        raise NotFound
    for community_id in found.community_ids:
        actor.require(permission, community_id)
    return found


def due() -> list[int]:
    """Those whose time has come, and that nobody has to agree to any more."""
    found = Schedule.objects.filter(next_at__lte=clock.now()).exclude(consent=Consent.WAITING)
    return list(found.order_by("next_at", "pk").values_list("pk", flat=True))


def rhythm_of(schedule: Schedule) -> Rhythm:
    """When it goes out."""
    return from_json(Rhythm, schedule.rhythm)


def manner_of(schedule: Schedule) -> Manner:
    """How it goes out."""
    return from_json(Manner, schedule.manner)


def selection_of(schedule: Schedule) -> Selection:
    """To which groups, as they are when its time comes."""
    return from_json(Selection, schedule.selection)
