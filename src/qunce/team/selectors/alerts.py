"""Reads of alerts."""

from django.db.models import Q, QuerySet

from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.team.models import Alert


def visible_alerts(actor: Actor, *, resolved: bool = False) -> QuerySet[Alert]:
    """Alerts of communities that the actor operates, and those of the installation for who operates that.

    Those whose cause lasts, the worst and latest first; ``resolved``: those that are over instead.
    """
    found = Alert.objects.filter(_seen_by(actor), shown_at__lte=clock.now(), resolved_at__isnull=not resolved)
    return found.order_by("-last_at", "-id") if resolved else found.order_by("severity", "-first_at", "-id")


def one_alert(actor: Actor, alert_id: int) -> Alert:
    """One alert; NotFound where the actor does not see it."""
    found = Alert.objects.filter(_seen_by(actor), pk=alert_id).first()
    if found is None:
        raise NotFound
    return found


def _seen_by(actor: Actor) -> Q:
    operated = actor.communities(Permission.OPERATE)
    return Q() if operated is None else Q(community_id__in=operated)
