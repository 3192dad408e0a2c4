"""Every change of accounts: connecting, changing, checking, switching off and removing them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from pydantic import ValidationError

from qunce.chat.actions.asking import ask
from qunce.chat.actions.deliveries import withdraw
from qunce.chat.actions.groups import give_readers
from qunce.chat.connector import Connector, NeedsOperator, WireError
from qunce.chat.models import Account, Delivery, Lease, Seat, SetAside
from qunce.chat.selectors.accounts import Secrets, connector_kind, open_connector, stored_secrets
from qunce.chat.types import AccountState, Checked, DeliveryState
from qunce.kernel import audit, clock, live, locks, revisions, validation
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound, QunceError

LONGEST_NAME = 80
CHECK_TIMEOUT = 10.0
"""Seconds that a platform has to answer a live check."""
TOO_LATE = gettext_noop("The platform did not answer in time.")


class InvalidConfig(Invalid):
    """The configuration breaks the connector's rules; ``errors`` has one sentence per field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        first = next(iter(errors.items()))
        super().__init__(first[1], field=first[0])
        self.errors = errors


def connect_account(*, actor: Actor, platform: str, name: str, config: Mapping[str, Any]) -> Account:
    """Take down a new account; it starts to work with its first successful `check_account`.

    ``config``: the fields of the connector's Config as JSON values or typed text; what is empty counts as not
    given. Its secrets are stored encrypted. Raises InvalidConfig.
    """
    actor.require(Permission.ADMINISTER)
    name = _named(name)
    public, secret = _validated(connector_kind(platform), config)
    with transaction.atomic():
        account = Account.objects.create(
            platform=platform,
            name=name,
            config=public,
            secrets=Secrets(entered=secret, obtained={}).sealed(),
            enabled=False,
            state=AccountState.NEW,
            state_at=clock.now(),
            created_at=clock.now(),
        )
        Lease.objects.create(account=account)
        _changed(actor, account, "account.connected", gettext_noop("%(actor)s connected the account %(account)s."))
    return account


def change_account(*, actor: Actor, account_id: int, name: str, config: Mapping[str, Any]) -> Account:
    """Change an account's name and configuration. A secret that is not given anew stays as it was.

    Its gateway starts over with the new configuration; with a new secret, what the platform had given for the
    old ones (such as a session) is dropped. Raises InvalidConfig.
    """
    actor.require(Permission.ADMINISTER)
    name = _named(name)
    with transaction.atomic():
        account = _locked(account_id)
        kind = connector_kind(account.platform)
        kept = stored_secrets(account)
        anew = any(config.get(field) for field in kind.secret_fields())
        given = {key: value for key, value in config.items() if value or key not in kind.secret_fields()}
        public, entered = _validated(kind, {**kept.entered, **given})
        account.name, account.config = name, public
        account.secrets = Secrets(entered=entered, obtained={} if anew else kept.obtained).sealed()
        account.save(update_fields=["name", "config", "secrets"])
        _changed(actor, account, "account.changed", gettext_noop("%(actor)s changed the account %(account)s."))
    return account


def set_account_enabled(*, actor: Actor, account_id: int, enabled: bool) -> Account:
    """Switch an account on or off. Off, it neither reads nor sends; what is planned for it waits."""
    actor.require(Permission.ADMINISTER)
    with transaction.atomic():
        account = _locked(account_id)
        if account.enabled == enabled:
            return account
        if not account.external_id:
            raise Conflict(_("This account was never recognised by its platform."), fix=_("Check it first."))
        account.enabled = enabled
        account.save(update_fields=["enabled"])
        if enabled:
            sentence = gettext_noop("%(actor)s switched the account %(account)s on.")
        else:
            sentence = gettext_noop("%(actor)s switched the account %(account)s off.")
        _changed(actor, account, "account.enabled" if enabled else "account.disabled", sentence)
    return account


def remove_account(*, actor: Actor, account_id: int, end_seats: bool = False) -> None:
    """Forget an account with its secrets; messages and deliveries stay, what is still planned is skipped.

    Groups that it reads need ``end_seats``: another of our accounts in the group reads on, else nobody does.
    """
    actor.require(Permission.ADMINISTER)
    with transaction.atomic():
        # First the lease, as its gateway does: a batch on its way ends before, none begins after.
        locks.rows(Lease, [account_id])
        account = _locked(account_id)
        read = sorted(Seat.objects.filter(account=account, reads=True).values_list("group_id", flat=True))
        if read and not end_seats:
            raise Conflict(
                ngettext(
                    "This account reads %(count)d group, which nobody would read after this.",
                    "This account reads %(count)d groups, which nobody would read after this.",
                    len(read),
                )
                % {"count": len(read)},
                fix=_("Confirm that these groups are no longer read, or let another account enter them first."),
            )
        planned = Delivery.objects.filter(
            account_id=account_id, state__in=[DeliveryState.PLANNED, DeliveryState.HELD]
        )
        withdraw(ids=list(planned.values_list("pk", flat=True)), reason=gettext_noop("The account was removed."))
        _changed(actor, account, "account.removed", gettext_noop("%(actor)s removed the account %(account)s."))
        account.delete()
        give_readers(read)
        revisions.bump("groups")


def check_account(*, actor: Actor, account_id: int) -> Account:
    """Ask the platform who we are, and store the answer as the account's state and detail.

    The platform is asked outside any transaction and has CHECK_TIMEOUT seconds. The first success switches the
    account on. Raises Conflict where the identity is connected already or is not the one it used to be.
    """
    actor.require(Permission.OPERATE)
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound
    try:
        checked = _who(open_connector(account))
    except (TimeoutError, WireError) as error:
        state = AccountState.TROUBLE if isinstance(error, NeedsOperator) else AccountState.WAITING
        return record_account_state(account_id=account_id, state=state, detail=str(error) or TOO_LATE)
    except QunceError as error:
        return record_account_state(account_id=account_id, state=AccountState.TROUBLE, detail=str(error))
    except Exception as error:  # noqa: BLE001 (a plug-in's mistake is shown to its operator, not to the visitor)
        broken = f"{type(error).__name__}: {error}"
        return record_account_state(account_id=account_id, state=AccountState.TROUBLE, detail=broken)
    return record_checked(account_id=account_id, checked=checked)


def record_checked(*, account_id: int, checked: Checked) -> Account:
    """Store a successful check, by a person or by the gateway: who the account is, and what it was given.

    Raises Conflict, and leaves the account in trouble, where that identity is another account already.
    """
    with transaction.atomic():
        account = _locked(account_id)
        locks.name(f"identity:{account.platform}:{checked.external_id}")
        if objection := _objection(account, checked):
            _set_state(account, AccountState.TROUBLE, str(objection))
        else:
            account.enabled = account.enabled or not account.external_id
            account.external_id = checked.external_id
            if checked.secrets:
                account.secrets = replace(stored_secrets(account), obtained=checked.secrets).sealed()
            account.save(update_fields=["enabled", "external_id", "secrets"])
            _set_state(account, AccountState.WORKING, "\n".join(checked.remarks))
    if objection:
        raise objection
    return account


def record_account_state(*, account_id: int, state: AccountState, detail: str) -> Account:
    """Store how an account is, in words for its operator."""
    with transaction.atomic():
        account = _locked(account_id)
        _set_state(account, state, detail)
    return account


def settle_set_aside(*, actor: Actor, set_aside_id: int) -> None:
    """Mark an event that could not be processed as dealt with; it stays on record."""
    actor.require(Permission.OPERATE)
    with transaction.atomic():
        try:
            event = locks.row(SetAside, set_aside_id)
        except SetAside.DoesNotExist as error:
            raise NotFound from error
        if event.settled_at is None:
            event.settled_at = clock.now()
            event.save(update_fields=["settled_at"])
            audit.record(
                actor,
                "set_aside.settled",
                gettext_noop("%(actor)s settled an event that could not be processed (%(error)s)."),
                about=("set_aside", event.pk),
                error=event.error[:200],
            )


# ------------------------------------------------------------------ within
def _who(connector: Connector) -> Checked:
    return ask(connector, connector.check, CHECK_TIMEOUT)


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid(_("Give the account a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(_("At most %(count)d characters.") % {"count": LONGEST_NAME}, field="name")
    return name


def _validated(kind: type[Connector], config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The configuration as stored: what may be seen, and the secrets."""
    given = {key: value for key, value in config.items() if value not in ("", None)}
    try:
        valid = kind.Config.model_validate(given)
    except ValidationError as error:
        raise InvalidConfig(validation.sentences(error)) from None
    secret = {name: getattr(valid, name) for name in kind.secret_fields()}
    entered = {name: value.get_secret_value() for name, value in secret.items() if value is not None}
    return valid.model_dump(mode="json", exclude=set(secret)), entered


def _locked(account_id: int) -> Account:
    try:
        return locks.row(Account, account_id)
    except Account.DoesNotExist as error:
        raise NotFound from error


def _objection(account: Account, checked: Checked) -> Conflict | None:
    """Why this identity cannot be this account."""
    if account.external_id and account.external_id != checked.external_id:
        return Conflict(
            _("This is another identity: %(now)s instead of %(before)s.")
            % {"now": checked.external_id, "before": account.external_id},
            fix=_("Enter the secrets of %(before)s, or connect the other identity as an account of its own.")
            % {"before": account.external_id},
        )
    same = Account.objects.filter(platform=account.platform, external_id=checked.external_id).exclude(pk=account.pk)
    if other := same.first():
        return Conflict(
            _("%(identity)s is connected already, as the account “%(name)s”.")
            % {"identity": checked.external_id, "name": other.name},
            fix=_("Remove this account, or enter another identity's secrets."),
        )
    return None


def _set_state(account: Account, state: AccountState, detail: str) -> None:
    if (account.state, account.detail) != (state, detail):
        account.state, account.detail, account.state_at = state, detail, clock.now()
        account.save(update_fields=["state", "detail", "state_at"])
        live.touch("accounts")


def _changed(actor: Actor, account: Account, action: str, sentence: str) -> None:
    """What every change of an account ends with: the record, and that caches and pages are stale."""
    audit.record(actor, action, sentence, about=("account", account.pk), account=account.name)
    revisions.bump("accounts")
    live.touch("accounts")
