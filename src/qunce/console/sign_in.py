"""Signing in: by password and second factor (allauth's views, our templates), or first by a link."""

from typing import cast

from allauth.account import views as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import perform_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.dispatch import Signal, receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from qunce.console.forms import errors_in
from qunce.kernel.crypto import seal, unseal
from qunce.team import actions, selectors
from qunce.team.selectors import Staff


class NoOpenSignUp(DefaultAccountAdapter):  # type: ignore[misc]
    """No public registration."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 (the interface's)
        """Staff are invited."""
        return False


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """Keys of authenticator apps and recovery codes are sealed in the database."""

    def encrypt(self, text: str) -> str:
        """Seal what is about to be stored."""
        return seal({"text": text})

    def decrypt(self, encrypted_text: str) -> str:
        """Open what was stored."""
        return str(unseal(encrypted_text)["text"])


@receiver([authenticator_added, authenticator_removed])
def _second_factor_changed(signal: Signal, user: Staff, authenticator: Authenticator, **_rest: object) -> None:
    """The library's one hook: a second factor that comes or goes is written into the audit."""
    if authenticator.type == Authenticator.Type.TOTP:
        actions.note_second_factor(staff=user, on=signal is authenticator_added)


class WelcomeForm(forms.Form):
    """What somebody with a link tells us about himself."""

    name = forms.CharField(label=_("Your name"), max_length=80, help_text=_("Colleagues see it beside what you do."))
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=pgettext_lazy("to be chosen", "Password"),
        strip=False,
        help_text=_("At least 8 characters, not a common word."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-browser-zone": ""}))


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password by a one-time link, and be signed in."""
    staff = selectors.open_link(token).staff
    form = WelcomeForm(request.POST or None, initial={"name": staff.name, "email": staff.email})
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            staff = actions.use_sign_in_link(token=token, language=request.LANGUAGE_CODE, **form.cleaned_data)
            return cast("HttpResponse", perform_login(request, staff, email_verification="none"))
    return render(request, "console/team/welcome.html", {"form": form, "known": staff.has_usable_password()})


urlpatterns = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-in/again/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("profile/password/", account.password_change, name="account_change_password"),
    path("profile/second-factor/", include("allauth.mfa.urls")),
    path("welcome/<str:token>/", welcome, name="welcome"),
]
