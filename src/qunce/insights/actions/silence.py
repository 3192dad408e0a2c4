"""Silence on purpose: planned for a group, and taken back."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.insights.models import PlannedSilence
from qunce.insights.types import Silence
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotFound


def plan_end(
    *, actor: Actor, group_id: int, kind: Silence, begins_on: date, ends_on: date | None = None
) -> PlannedSilence:
    """Say that a group is to be silent: a course or project is over from that day on, or a holiday lasts until a day.

    Its silence is then no decline: it is not scored meanwhile. Needs an operator of its community.
    """
    group = community.group(actor, group_id, Permission.OPERATE)
    if kind.ends_the_group and ends_on is not None:
        raise Invalid(_("What is over does not begin again on a day: plan a holiday instead."), field="ends_on")
    if not kind.ends_the_group and ends_on is None:
        raise Invalid(_("Say until when the holiday lasts."), field="ends_on")
    if ends_on is not None and ends_on < begins_on:
        raise Invalid(_("It ends before it begins."), field="ends_on")
    with transaction.atomic():
        locks.name(f"silence:{group_id}")
        meets = PlannedSilence.objects.filter(group_id=group_id)
        meets = meets.exclude(ends_on__lt=begins_on)
        if ends_on is not None:
            meets = meets.exclude(begins_on__gt=ends_on)
        if meets.exists():
            raise Invalid(_("Silence is planned for these days already."), fix=_("Take that plan back first."))
        plan = PlannedSilence.objects.create(
            group_id=group_id,
            kind=kind.value,
            begins_on=begins_on,
            ends_on=ends_on,
            planned_at=clock.now(),
            planned_by_name=actor.name,
        )
        audit.record(
            actor,
            "silence.planned",
            _PLANNED_END if kind.ends_the_group else _PLANNED_HOLIDAY,
            community_id=group.community_id,
            about=("group", group.pk),
            group=group.name,
            first=begins_on.isoformat(),
            last=ends_on.isoformat() if ends_on else None,
        )
        live.touch(f"group:{group_id}", "health")
    return plan


_PLANNED_END = gettext_noop("%(actor)s planned the end of %(group)s on %(first)s.")
_PLANNED_HOLIDAY = gettext_noop("%(actor)s planned a holiday of %(group)s from %(first)s to %(last)s.")


def take_back_plan(*, actor: Actor, plan_id: int) -> None:
    """Take back a planned silence: the group is scored again as any other. Needs an operator of its community."""
    plan = PlannedSilence.objects.filter(pk=plan_id).first()
    if plan is None:
        raise NotFound
    group = community.group(actor, plan.group_id, Permission.OPERATE)
    with transaction.atomic():
        locks.name(f"silence:{group.pk}")
        if not PlannedSilence.objects.filter(pk=plan_id).delete()[0]:
            return
        audit.record(
            actor,
            "silence.taken_back",
            gettext_noop("%(actor)s took back the planned silence of %(group)s from %(first)s on."),
            community_id=group.community_id,
            about=("group", group.pk),
            group=group.name,
            first=plan.begins_on.isoformat(),
        )
        live.touch(f"group:{group.pk}", "health")
