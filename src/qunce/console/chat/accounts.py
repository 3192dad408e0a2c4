"""Accounts: which of our identities are at work on which platform, and how to connect one."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from pydantic.fields import FieldInfo

from qunce.chat import actions, selectors
from qunce.chat.actions import InvalidConfig
from qunce.chat.connector import Connector, carried_by_hand, connectors
from qunce.chat.selectors import AccountView, SetAside
from qunce.chat.types import AccountState
from qunce.console.chat import words
from qunce.console.chat.hand_groups import carriers
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in, field_of
from qunce.console.live import topic
from qunce.kernel import paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, NotFound
from qunce.kernel.htmx import go
from qunce.kernel.words import sentences


@topic("accounts")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever operates the installation."""
    return not key and actor.may(Permission.OPERATE)


@topic("account")
def may_follow_one(actor: Actor, key: str) -> bool:
    """Whoever operates the installation."""
    return key.isdecimal() and actor.may(Permission.OPERATE)


# ---------------------------------------------------------------- how they are
@dataclass(frozen=True, slots=True)
class Shown:
    """An account with its state in words."""

    view: AccountView
    tone: str
    word: str
    remarks: list[str]
    next_step: str


def _shown(view: AccountView) -> Shown:
    tone, word = words.ACCOUNTS[view.state]
    return Shown(
        view, tone, str(word), words.told(view.account.detail).split("\n"), str(words.NEXT_STEPS[view.state])
    )


def accounts(request: StaffRequest) -> HttpResponse:
    """All of them, those in need first in the heading."""
    found = [_shown(view) for view in selectors.visible_accounts(request.actor)]
    in_need = sum(shown.tone == "bad" for shown in found)
    at_work = sum(shown.tone == "good" for shown in found)
    if in_need:
        heading = ngettext("%(count)d account needs you", "%(count)d accounts need you", in_need) % {"count": in_need}
    elif found:
        heading = ngettext("%(count)d account at work", "%(count)d accounts at work", at_work) % {"count": at_work}
    else:
        heading = _("Accounts")
    context = {
        "accounts": found,
        "heading": heading,
        "may_change": request.actor.may(Permission.ADMINISTER),
        "set_aside": selectors.visible_set_aside(request.actor).count(),
    }
    return render(request, "console/chat/accounts.html", context)


def account(request: StaffRequest, account_id: int) -> HttpResponse:
    """One of them: its state, what it serves, and what can be done with it."""
    shown = _shown(selectors.one_account(request.actor, account_id))
    capabilities = shown.view.capabilities
    context = {
        "shown": shown,
        "account": shown.view.account,
        "abilities": words.abilities(capabilities) if capabilities else [],
        "may_change": request.actor.may(Permission.ADMINISTER),
        "carriers": carriers(request) if shown.view.by_hand else [],
    }
    return render(request, "console/chat/account.html", context)


# ---------------------------------------------------------------- a form from a connector's Config
PREFIX = "config_"


class AccountForm(forms.Form):
    """What the team calls the account, and the fields of its connector's Config.

    Django draws and keeps what was typed; what is right and wrong is the Config's own to say.
    """

    name = forms.CharField(
        label=gettext_lazy("Name"), help_text=gettext_lazy("What your team calls this account."), max_length=80
    )

    def __init__(self, kind: type[Connector], *args: Any, editing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind = kind
        secrets = kind.secret_fields()
        for key, info in kind.Config.model_fields.items():
            self.fields[PREFIX + key] = _field(info, secret=key in secrets, editing=editing)

    @property
    def config(self) -> dict[str, Any]:
        """What was entered, as actions take it."""
        return {key: self.cleaned_data[PREFIX + key] for key in self._kind.Config.model_fields}

    @contextmanager
    def objections(self) -> Iterator[None]:
        """Show what the Config objects to beneath its fields, or above the form."""
        try:
            yield
        except InvalidConfig as error:
            for key, sentence in error.errors.items():
                self.add_error(PREFIX + key if PREFIX + key in self.fields else None, sentence)


def _field(info: FieldInfo, *, secret: bool, editing: bool) -> forms.Field:
    """One field; a secret that is stored already is not shown, and need not be entered again."""
    if not secret:
        return field_of(info)
    kept = _("Leave it empty to keep the stored one.") if editing else _("Stored encrypted and never shown again.")
    return forms.CharField(
        label=_(info.title) if info.title else "",
        help_text=sentences(_(info.description) if info.description else "", kept),
        required=info.is_required() and not editing,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def _initial(kind: type[Connector]) -> dict[str, Any]:
    fields = kind.Config.model_fields.items()
    shown = {PREFIX + key: info.default for key, info in fields if not info.is_required()}
    return {"name": _(kind.title), **shown}


# ---------------------------------------------------------------- connecting and changing
def connect(request: StaffRequest) -> HttpResponse:
    """Which platform? One card per connector, with what it can do."""
    request.actor.require(Permission.ADMINISTER)
    kinds = [(key, _(kind.title), words.abilities(kind.capabilities)) for key, kind in sorted(connectors.items())]
    return render(request, "console/chat/connect.html", {"kinds": kinds})


def connect_to(request: StaffRequest, platform: str) -> HttpResponse:
    """Enter what its connector needs; the platform is asked at once."""
    request.actor.require(Permission.ADMINISTER)
    if platform not in connectors:
        raise NotFound
    kind = connectors[platform]
    form = AccountForm(kind, request.POST or None, initial=_initial(kind))
    if request.method == "POST" and form.is_valid():
        with errors_in(form), form.objections():
            made = actions.connect_account(
                actor=request.actor, platform=platform, name=form.cleaned_data["name"], config=form.config
            )
            return _checked(request, made.pk)
    return render(request, "console/chat/account_form.html", {"form": form, "title": _(kind.title)})


def change(request: StaffRequest, account_id: int) -> HttpResponse:
    """Change name and configuration; secrets are not shown, and stay where none is entered."""
    request.actor.require(Permission.ADMINISTER)
    account = selectors.one_account(request.actor, account_id).account
    kind = selectors.connector_kind(account.platform)
    stored = {PREFIX + key: value for key, value in selectors.shown_config(account).items()}
    form = AccountForm(kind, request.POST or None, initial={"name": account.name, **stored}, editing=True)
    if request.method == "POST" and form.is_valid():
        with errors_in(form), form.objections():
            actions.change_account(
                actor=request.actor, account_id=account_id, name=form.cleaned_data["name"], config=form.config
            )
            return _checked(request, account_id)
    return render(request, "console/chat/account_form.html", {"form": form, "account": account})


def _checked(request: StaffRequest, account_id: int) -> HttpResponse:
    """Ask the platform and go to the account's page, which says what it answered."""
    try:
        account = actions.check_account(actor=request.actor, account_id=account_id)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        if account.platform in carried_by_hand():
            messages.success(request, _("It is ready. Enter the groups that it is in."))
            return go(request, "console:hand_groups", account_id)
        if account.state == AccountState.WORKING:
            messages.success(request, _("The platform knows it as %(identity)s.") % {"identity": account.external_id})
        else:
            messages.error(request, words.told(account.detail))
    return go(request, "console:account", account_id)


@require_POST
def check(request: StaffRequest, account_id: int) -> HttpResponse:
    """Ask the platform now."""
    return _checked(request, account_id)


@require_POST
def switch(request: StaffRequest, account_id: int) -> HttpResponse:
    """On or off."""
    enabled = request.POST.get("enabled") == "yes"
    actions.set_account_enabled(actor=request.actor, account_id=account_id, enabled=enabled)
    messages.success(request, _("It is switched on.") if enabled else _("It is switched off."))
    return go(request, "console:account", account_id)


@require_POST
def remove(request: StaffRequest, account_id: int) -> HttpResponse:
    """Forget it; the question before named the groups that nobody reads after this."""
    try:
        actions.remove_account(
            actor=request.actor, account_id=account_id, end_seats=request.POST.get("end_seats") == "yes"
        )
    except Conflict as error:
        messages.error(request, str(error))
        return go(request, "console:account", account_id)
    messages.success(request, _("The account is removed. What was said stays."))
    return go(request, "console:accounts")


# ---------------------------------------------------------------- events that could not be processed
@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event that was set aside: what kind of event, its beginning, and all of it for whoever looks into it."""

    row: SetAside
    kind: str
    excerpt: str
    full: str
    account: str


def _event(row: SetAside, names: Mapping[int, str]) -> ShownEvent:
    text = row.event.get("text") or row.event.get("raw") or row.event.get("group") or ""
    full = json.dumps(row.event, ensure_ascii=False, indent=2)
    return ShownEvent(row, row.event.get("is", ""), str(text)[:200], full, names.get(row.account_id, ""))


def set_aside(request: StaffRequest) -> HttpResponse:
    """What was set aside so that its account could go on."""
    settled = request.GET.get("state") == "settled"
    found = selectors.visible_set_aside(request.actor, settled=settled)
    shown = paging.by_key(found, cursor=request.GET.get("cursor", ""))
    names = {view.account.pk: view.account.name for view in selectors.visible_accounts(request.actor)}
    context = {
        "page": shown,
        "events": [_event(row, names) for row in shown],
        "settled": settled,
        "open": selectors.visible_set_aside(request.actor).count(),
    }
    return render(request, "console/chat/set_aside.html", context)


@require_POST
def settle(request: StaffRequest, event_id: int) -> HttpResponse:
    """It has been dealt with."""
    actions.settle_set_aside(actor=request.actor, set_aside_id=event_id)
    messages.success(request, _("Settled. It stays on record."))
    return go(request, "console:set_aside")


urlpatterns = [
    path("accounts/", accounts, name="accounts"),
    path("accounts/new/", connect, name="account_new"),
    path("accounts/new/<slug:platform>/", connect_to, name="account_connect"),
    path("accounts/set-aside/", set_aside, name="set_aside"),
    path("accounts/set-aside/<int:event_id>/settle/", settle, name="set_aside_settle"),
    path("accounts/<int:account_id>/", account, name="account"),
    path("accounts/<int:account_id>/change/", change, name="account_change"),
    path("accounts/<int:account_id>/check/", check, name="account_check"),
    path("accounts/<int:account_id>/switch/", switch, name="account_switch"),
    path("accounts/<int:account_id>/remove/", remove, name="account_remove"),
]
