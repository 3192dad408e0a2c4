"""What goes wrong by itself here, and whoever operates should know: accounts, gateways, deliveries."""

from datetime import timedelta

from django.db.models import Count
from django.utils.translation import gettext_noop

from qunce.chat.models import Account, Delivery
from qunce.chat.types import AccountState, DeliveryState
from qunce.kernel import clock, health
from qunce.team import actions as team
from qunce.team.types import Severity

PREFIX = "chat:"
AWAY = timedelta(minutes=2)
WAITING = timedelta(minutes=10)
FAILING = 10
LATELY = timedelta(minutes=30)


def watch() -> int:
    """Raise alerts for what is wrong now and end those whose cause is gone; returns how many there are.

    An account that needs a person, or whose platform has been away for ten minutes; ten deliveries of an account
    that have failed within half an hour; accounts to be served and no gateway for two minutes.
    """
    seen = {*_accounts(), *_deliveries(), *_gateway()}
    team.resolve_alerts(prefix=PREFIX, but=seen)
    return len(seen)


def _accounts() -> list[str]:
    keys = []
    for account in Account.objects.filter(enabled=True, state__in=[AccountState.TROUBLE, AccountState.WAITING]):
        broken = account.state == AccountState.TROUBLE
        keys.append(f"{PREFIX}account:{account.pk}")
        team.raise_alert(
            key=keys[-1],
            severity=Severity.BROKEN if broken else Severity.WARNING,
            sentence=gettext_noop("The account %(account)s needs a person: %(detail)s")
            if broken
            else gettext_noop("The account %(account)s cannot reach its platform: %(detail)s"),
            params={"account": account.name, "detail": account.detail[:300]},
            url=f"/accounts/{account.pk}/",
            lasting=timedelta(0) if broken else WAITING,
            steady=True,
        )
    return keys


def _deliveries() -> list[str]:
    failed = Delivery.objects.filter(state=DeliveryState.FAILED, created_at__gt=clock.now() - LATELY)
    counted = failed.order_by().values("account_id").annotate(n=Count("pk")).filter(n__gte=FAILING)
    many = dict(counted.values_list("account_id", "n"))
    names = dict(Account.objects.filter(pk__in=many).values_list("pk", "name"))
    for account_id, count in many.items():
        team.raise_alert(
            key=f"{PREFIX}failing:{account_id}",
            severity=Severity.BROKEN,
            sentence=gettext_noop("Messages of %(account)s are not delivered: %(count)s within half an hour"),
            params={"account": names.get(account_id, "–"), "count": count},
            url="/deliveries/",
            steady=True,
        )
    return [f"{PREFIX}failing:{account_id}" for account_id in many]


def _gateway() -> list[str]:
    if health.alive("gateway") or not Account.objects.filter(enabled=True).exists():
        return []
    key = f"{PREFIX}gateway"
    team.raise_alert(
        key=key,
        severity=Severity.BROKEN,
        sentence=gettext_noop("No gateway is running: nothing is read and nothing is sent"),
        url="/accounts/",
        lasting=AWAY,
        steady=True,
    )
    return [key]
