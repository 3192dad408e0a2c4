"""Alerts: what goes wrong by itself is raised once, counted and told, and ends with its cause."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.team import selectors
from qunce.team.actions.notifications import tell
from qunce.team.models import Alert
from qunce.team.selectors.alerts import one_alert
from qunce.team.types import Severity, Topic


def raise_alert(
    *,
    key: str,
    severity: Severity,
    sentence: str,
    params: Mapping[str, audit.Param] | None = None,
    url: str = "",
    community_id: int | None = None,
    lasting: timedelta = timedelta(0),
    steady: bool = False,
) -> Alert:
    """Say that something goes wrong (still); raised again it is counted, and says what it says now.

    ``steady``: looked at again and again; what is still the same is not counted.
    ``sentence``: an untranslated message id with places for ``params``. ``lasting``: shown and told only when the
    cause is still there after so long. Told are those who operate the community, or the installation.
    """
    with transaction.atomic():
        locks.name(f"alert:{key}")
        now = clock.now()
        alert = Alert.objects.filter(key=key, resolved_at=None).first()
        if alert is None:
            alert = Alert(key=key, first_at=now, shown_at=now + lasting, times=0)
        news = (alert.severity, alert.sentence, alert.params) != (severity, sentence, dict(params or {}))
        alert.severity, alert.sentence, alert.params = severity, sentence, dict(params or {})
        alert.url, alert.community_id = url, community_id
        alert.times, alert.last_at = alert.times + (alert.pk is None or not steady), now
        tells = alert.told_at is None and alert.shown_at <= now
        if tells:
            alert.told_at = now
        alert.save()
        if tells:
            _tell(alert)
        if tells or news:
            live.touch("alerts", "today")
    return alert


def resolve_alert(*, key: str) -> bool:
    """The cause has ended; one that was never shown is forgotten. False where there was none."""
    if not Alert.objects.filter(key=key, resolved_at=None).exists():
        return False
    with transaction.atomic():
        locks.name(f"alert:{key}")
        alert = Alert.objects.filter(key=key, resolved_at=None).first()
        if alert is None:
            return False
        if alert.told_at is None:
            alert.delete()
            return True
        alert.resolved_at = clock.now()
        alert.save(update_fields=["resolved_at"])
        live.touch("alerts", "today")
    return True


def resolve_alerts(*, prefix: str, but: Collection[str] = ()) -> int:
    """End the open alerts whose keys begin so, but those named: their causes are not seen any more."""
    open_ones = Alert.objects.filter(key__startswith=prefix, resolved_at=None).exclude(key__in=list(but))
    return sum(resolve_alert(key=key) for key in sorted(open_ones.values_list("key", flat=True)))


def acknowledge_alert(*, actor: Actor, alert_id: int) -> Alert:
    """Say that somebody looks after it: it leaves Today, and stays on its page until its cause ends."""
    with transaction.atomic():
        found = one_alert(actor, alert_id)
        actor.require(Permission.OPERATE, found.community_id)
        alert = locks.row(Alert, alert_id)
        if alert.acknowledged_at is not None or alert.resolved_at is not None:
            return alert
        alert.acknowledged_at, alert.acknowledged_by, alert.acknowledged_by_name = clock.now(), actor.id, actor.name
        alert.save(update_fields=["acknowledged_at", "acknowledged_by", "acknowledged_by_name"])
        audit.record(
            actor,
            "alert.acknowledged",
            gettext_noop("%(actor)s looks after an alert: %(what)s"),
            community_id=alert.community_id,
            about=("alert", alert.pk),
            what=_(alert.sentence) % alert.params,
        )
        live.touch("alerts", "today")
    return alert


def _tell(alert: Alert) -> None:
    whom = selectors.who_may(Permission.OPERATE, [alert.community_id])
    tell(
        staff_ids=list(whom.values_list("pk", flat=True)),
        topic=Topic.ALERTS,
        key=f"alert:{alert.pk}",
        sentence=alert.sentence,
        url=alert.url or "/alerts/",
        params=alert.params,
    )
