"""Reads of accounts: how each of our identities on the platforms is, and its connector."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from pydantic import ValidationError

from qunce.chat.connector import Connector, connectors
from qunce.chat.models import Account, Delivery, Lease, Seat, SetAside
from qunce.chat.types import AccountState, Capabilities, DeliveryState
from qunce.community.types import HISTORY
from qunce.kernel import clock, crypto
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound, QunceError


def connector_kind(platform: str) -> type[Connector]:
    """The connector of a platform; says what to do where its plug-in is not installed (any more)."""
    try:
        return connectors[platform]
    except KeyError as error:
        raise QunceError(
            _("There is no connector “%(platform)s” in this installation.") % {"platform": platform},
            fix=_("Install the package that brings it, or remove the account."),
        ) from error


def title_of(platform: str) -> str:
    """What a platform is called, in the reader's language; its key where the connector is not installed."""
    if platform == HISTORY:
        return _("Imported history")
    return _(connectors[platform].title) if platform in connectors else platform


@dataclass(frozen=True, slots=True)
class Secrets:
    """What an account keeps sealed: secrets that a person entered, and what its platform gave for them."""

    entered: Mapping[str, str]
    obtained: Mapping[str, str]

    @property
    def all(self) -> dict[str, str]:
        """For the connector's Config; what was obtained last goes before what was entered."""
        return {**self.entered, **self.obtained}

    def sealed(self) -> str:
        """As stored."""
        return crypto.seal({"entered": dict(self.entered), "obtained": dict(self.obtained)})


def stored_secrets(account: Account) -> Secrets:
    """The account's secrets, unsealed. Not for pages."""
    opened = crypto.unseal(account.secrets)
    return Secrets(entered=opened.get("entered", {}), obtained=opened.get("obtained", {}))


def open_connector(account: Account) -> Connector:
    """The account's connector with its configuration and unsealed secrets; it has opened nothing yet.

    Raises QunceError where the connector is missing, the key is another one, or the stored configuration no
    longer satisfies the connector.
    """
    kind = connector_kind(account.platform)
    try:
        config = kind.Config.model_validate({**account.config, **stored_secrets(account).all})
    except ValidationError as error:
        names = ", ".join(sorted({str(each["loc"][0]) for each in error.errors() if each["loc"]}))
        raise QunceError(
            _("The stored configuration of %(name)s no longer fits its connector: %(fields)s.")
            % {"name": account.name, "fields": names},
            fix=_("Open the account and save it anew."),
        ) from error
    connector = kind(config)
    connector.hook = f"{settings.BASE_URL}/hooks/{account.pk}/"
    return connector


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account as the console shows it; secrets are not among it."""

    account: Account
    title: str
    capabilities: Capabilities | None
    held_by: str
    groups: int
    reads: int
    planned: int
    trouble: int
    set_aside: int

    @property
    def by_hand(self) -> bool:
        """Whether a person carries its messages over."""
        return self.capabilities is not None and self.capabilities.by_hand

    @property
    def state(self) -> str:
        """What a person needs to know first: switched off, by hand, not served by any gateway, or its own state."""
        if not self.account.external_id:
            return AccountState.NEW if self.account.state == AccountState.NEW else AccountState.TROUBLE
        if not self.account.enabled:
            return "off"
        if self.account.state == AccountState.WORKING and self.by_hand:
            return "by_hand"
        if self.account.state == AccountState.WORKING and not self.held_by:
            return "unserved"
        return self.account.state


def visible_accounts(actor: Actor) -> list[AccountView]:
    """All accounts with how they are, by name. For those who operate the installation."""
    actor.require(Permission.OPERATE)
    return _views(Account.objects.order_by("name", "id"))


@dataclass(frozen=True, slots=True)
class Reachable:
    """An account to which one can write: its name with us, its platform, and who it is there."""

    name: str
    title: str
    identity: str


def accounts_to_write_to() -> list[Reachable]:
    """Accounts at work that a gateway reads, by name. No guard: staff are told where to write."""
    at_work = Account.objects.filter(enabled=True).exclude(external_id="").order_by("name", "id")
    return [
        Reachable(account.name, connectors[account.platform].title, account.external_id)
        for account in at_work
        if account.platform in connectors and not connectors[account.platform].capabilities.by_hand
    ]


def one_account(actor: Actor, account_id: int) -> AccountView:
    """One account with how it is."""
    actor.require(Permission.OPERATE)
    found = _views(Account.objects.filter(pk=account_id))
    if not found:
        raise NotFound
    return found[0]


def shown_config(account: Account) -> dict[str, Any]:
    """The account's configuration for its form: secrets are left out."""
    hidden = connector_kind(account.platform).secret_fields()
    return {name: value for name, value in account.config.items() if name not in hidden}


def visible_set_aside(actor: Actor, *, account_id: int | None = None, settled: bool = False) -> QuerySet[SetAside]:
    """Events that could not be processed, newest first."""
    actor.require(Permission.OPERATE)
    found = SetAside.objects.filter(settled_at__isnull=not settled)
    if account_id is not None:
        found = found.filter(account_id=account_id)
    return found.order_by("-id")


def _views(accounts: QuerySet[Account]) -> list[AccountView]:
    rows = list(accounts)
    ids = [account.pk for account in rows]
    holders = dict(
        Lease.objects.filter(account_id__in=ids, until__gt=clock.now()).values_list("account_id", "holder")
    )
    seats = _counts(Seat.objects.filter(account_id__in=ids, left_at=None))
    reads = _counts(Seat.objects.filter(account_id__in=ids, left_at=None, reads=True))
    planned = _counts(Delivery.objects.filter(account_id__in=ids, state=DeliveryState.PLANNED))
    trouble = _counts(
        Delivery.objects.filter(account_id__in=ids, state__in=[DeliveryState.FAILED, DeliveryState.UNKNOWN])
    )
    aside = _counts(SetAside.objects.filter(account_id__in=ids, settled_at=None))
    return [
        AccountView(
            account=account,
            title=connectors[account.platform].title if account.platform in connectors else account.platform,
            capabilities=connectors[account.platform].capabilities if account.platform in connectors else None,
            held_by=holders.get(account.pk, ""),
            groups=seats.get(account.pk, 0),
            reads=reads.get(account.pk, 0),
            planned=planned.get(account.pk, 0),
            trouble=trouble.get(account.pk, 0),
            set_aside=aside.get(account.pk, 0),
        )
        for account in rows
    ]


def _counts(rows: QuerySet[Any]) -> Mapping[int, int]:
    return dict(rows.order_by().values("account_id").annotate(n=Count("pk")).values_list("account_id", "n"))
