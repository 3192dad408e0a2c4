"""The early warning's model: measured on one's own history, adopted where it is better, and taken back."""

from dataclasses import asdict

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from procrastinate.contrib.django import app

from qunce.insights.models import WarningModel
from qunce.insights.policies.evaluation import ENOUGH_GROUPS, compared
from qunce.insights.selectors.foresight import own_cases
from qunce.insights.selectors.warnings import figures_of, weights_in_force
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotFound

MEASURE = "insights.measure_warning"
"""The job, by name: jobs stand above what they run."""
_LOCK = "insights.warning"


def ask_to_measure(*, actor: Actor) -> None:
    """Have a model fitted and measured in the background. For those who lead the whole installation."""
    actor.require(Permission.LEAD)
    with transaction.atomic():
        audit.record(actor, "warning.asked", gettext_noop("%(actor)s had the early warning measured."))
        transaction.on_commit(lambda: _soon(actor.name))


def _soon(name: str) -> None:
    app.configure_task(MEASURE, lock=MEASURE).defer(name=name)


def measure(*, name: str) -> WarningModel:
    """Fit a model to the history of all groups, hold it against the one in force, and keep what was found.

    Raises Invalid where there is too little history to say anything. For whoever was asked; ``name`` is who asked.
    """
    cases = own_cases()
    groups = len(set(cases.groups.tolist()))
    if groups < ENOUGH_GROUPS:
        said = ngettext(
            "%(count)d group has a past long enough to look back at; %(enough)d are needed to say anything.",
            "%(count)d groups have a past long enough to look back at; %(enough)d are needed to say anything.",
            groups,
        )
        raise Invalid(said % {"count": groups, "enough": ENOUGH_GROUPS})
    found = compared(cases, weights_in_force())
    with transaction.atomic():
        row = WarningModel.objects.create(
            measured_at=clock.now(),
            measured_by_name=name,
            weights=asdict(found.weights),
            figures=figures_of(found),
            better=found.better,
        )
        live.touch("warning")
    return row


def adopt(*, actor: Actor, model_id: int) -> WarningModel:
    """Warn by a fitted model from now on, where it was better on cases that it had not seen.

    For those who lead the whole installation. Lists of groups follow at the next assessment.
    """
    actor.require(Permission.LEAD)
    with transaction.atomic():
        locks.name(_LOCK)
        row = WarningModel.objects.filter(pk=model_id).first()
        if row is None:
            raise NotFound
        if not row.better:
            raise Invalid(_("It is not better than what is in force on groups that it has not seen."))
        if row.in_force:
            return row
        WarningModel.objects.filter(in_force=True).update(in_force=False)
        row.in_force, row.adopted_at, row.adopted_by_name = True, clock.now(), actor.name
        row.save(update_fields=["in_force", "adopted_at", "adopted_by_name"])
        audit.record(
            actor,
            "warning.adopted",
            gettext_noop("%(actor)s adopted an early warning that was fitted to %(groups)s groups."),
            groups=row.figures["groups"],
        )
        live.touch("warning", "health")
    return row


def back_to_built_in(*, actor: Actor) -> None:
    """Warn by the built-in rules again. For those who lead the whole installation."""
    actor.require(Permission.LEAD)
    with transaction.atomic():
        locks.name(_LOCK)
        if WarningModel.objects.filter(in_force=True).update(in_force=False):
            audit.record(
                actor,
                "warning.built_in",
                gettext_noop("%(actor)s went back to the built-in rules of the early warning."),
            )
            live.touch("warning", "health")
